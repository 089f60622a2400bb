const WIDTH = 72;

/** Lists, quotations, tables, headings and indented code mean something line by line. */
const structured = /^(?: {4}|\t|\s*(?:[-*+>|#]|\d+[.)])(?:\s|$))/;

/** Wraps prose at 72 columns, as git's readers expect it; lists, code and other structured lines stay as they are. */
export function wrapText(text: string, mayBegin: (line: string) => boolean): string {
  let fenced = false;
  return text
    .split("\n")
    .map((line) => {
      const fence = /^\s*(?:```|~~~)/.test(line);
      if (fence) fenced = !fenced;
      return fence || fenced || structured.test(line) ? line : wrapLine(line, mayBegin);
    })
    .join("\n");
}

/** Breaks at blanks only, and never so that a line begins with what `mayBegin` refuses. */
function wrapLine(line: string, mayBegin: (line: string) => boolean): string {
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const at = breakOf(rest, mayBegin);
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at + 1);
  }
  return [...lines, rest].join("\n");
}

/** Where to break: the last blank that fits, else the first one after it; -1 when there is none. */
function breakOf(line: string, mayBegin: (line: string) => boolean): number {
  const good = (at: number): boolean => at > 0 && line.slice(0, at).trim() !== "" && fits(line.slice(at + 1));
  const fits = (rest: string): boolean => rest.trim() !== "" && !structured.test(rest) && mayBegin(rest);
  for (let at = line.lastIndexOf(" ", WIDTH); at > 0; at = line.lastIndexOf(" ", at - 1)) if (good(at)) return at;
  for (let at = line.indexOf(" ", WIDTH); at > 0; at = line.indexOf(" ", at + 1)) if (good(at)) return at;
  return -1;
}
