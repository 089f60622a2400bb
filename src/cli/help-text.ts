import { textWidth } from "../text-width.ts";

/** What comes after a line's last gap of blanks stands so far to the right at most, or on a line of its own. */
const FARTHEST = 32;
const NARROWEST = 40;

/**
 * Prose for a help page within so many columns: lines that follow each other are one paragraph, indented ones keep their
 * places, as examples and lists do, and go on under what they explain where they are too long.
 */
export function helpText(text: string, columns: number): string {
  const width = Math.max(NARROWEST, columns);
  const lines: string[] = [];
  let paragraph: string[] = [];
  const flush = (): void => {
    if (paragraph.length > 0) lines.push(...wrapped(paragraph.join(" "), width, ""));
    paragraph = [];
  };
  for (const line of text.trimEnd().split("\n")) {
    // A template of a file is a file already.
    if (/^[^\s#]/.test(line)) paragraph.push(line);
    else {
      flush();
      lines.push(...(textWidth(line) <= width || line.startsWith("#") ? [line] : listed(line, width)));
    }
    if (/^(?:Examples?|Exit codes)\b.*:$/.test(line)) flush();
  }
  flush();
  return lines.join("\n");
}

/** "  claw fix 12   what it does", its explanation under its beginning where it is too long. */
function listed(line: string, width: number): readonly string[] {
  const at = /^.*\S {2,}(?=\S)/.exec(line)?.[0] ?? "";
  const indent = /^\s*/.exec(line)?.[0] ?? "";
  if (at === "") return wrapped(line.trimStart(), width, indent, `${indent}    `);
  const words = line.slice(at.length);
  const short = Math.min(at.length, FARTHEST);
  const head = `${at.trimEnd().padEnd(short - 2)}  `;
  if (textWidth(head) <= short) return wrapped(words, width, head, " ".repeat(short));
  return [at.trimEnd(), ...wrapped(words, width, `${indent}    `)];
}

/** Lines of words, the first after `first` and the others after `others`. A word that is longer than a line stays whole. */
function wrapped(text: string, width: number, first: string, others = first): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(/ +/)) {
    if (!empty && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = others;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
