/** One word of a shell command: what the shell would make of it, and where it stands in the text. */
export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** One simple command of a longer shell text, and the operator that follows it (`&&`, `;`, …, or empty at the end). */
export interface Command {
  readonly words: readonly Word[];
  readonly start: number;
  readonly end: number;
  readonly operator: string;
}

/** A word as the shell must be given it to take it literally. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const operator = /&&|\|\||;;?|\||&|\n|[()]/y;
const piece = /'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\([^])|\d*[<>]+(?:&\d*-?)?|&>|[^\s'"\\;|&()<>]+/y;

function sticky(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Reads one word; null where an operator, a blank or something unreadable stands. */
function readWord(text: string, start: number): Word | null {
  let at = start;
  let value = "";
  for (let match = sticky(piece, text, at); match !== null; match = sticky(piece, text, at)) {
    value += match[1] ?? match[2]?.replace(/\\(["\\$`])/g, "$1") ?? match[3] ?? match[0];
    at += match[0].length;
  }
  return at === start ? null : { text: value, start, end: at };
}

/**
 * Splits shell text into its simple commands, positions kept so that flags can be put in without touching the rest.
 * Null when the text is more than a list of simple commands (an open quote, a subshell): nothing is rewritten then.
 */
export function parseCommands(text: string): Command[] | null {
  const commands: Command[] = [];
  let words: Word[] = [];
  let at = 0;
  const close = (sign: string): void => {
    const first = words[0];
    const last = words.at(-1);
    if (first && last) commands.push({ words, start: first.start, end: last.end, operator: sign });
    words = [];
  };
  while (at < text.length) {
    const word = readWord(text, at);
    if (word !== null) {
      words.push(word);
      at = word.end;
      continue;
    }
    const sign = sticky(operator, text, at)?.[0];
    if (sign === "(" || sign === ")") return null;
    if (sign !== undefined) close(sign);
    else if (!/\s/.test(text[at] ?? "")) return null;
    at += sign?.length ?? 1;
  }
  close("");
  return commands;
}

/** Whether a word starts a redirection, so that arguments must be put before it. */
export function isRedirect(word: Word, text: string): boolean {
  return /^(?:\d*[<>]|&>)/.test(text.slice(word.start, word.end));
}
