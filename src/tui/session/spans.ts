import { letters, letterWidth, textWidth } from "../../text-width.ts";

/** A piece of a line, and how it looks: codes of https://www.ecma-international.org/publications-and-standards/standards/ecma-48/ (SGR), joined by ";". */
export interface Span {
  readonly text: string;
  readonly look?: string;
}
export type Line = readonly Span[];

/** The few ways words look here. */
export const looks = {
  strong: "1",
  faint: "2",
  italic: "3",
  under: "4",
  inverse: "7",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
  magenta: "35",
  cyan: "36",
} as const;

export const span = (text: string, ...look: readonly (string | undefined)[]): Span => {
  const codes = look.filter(Boolean).join(";");
  return codes === "" ? { text } : { text, look: codes };
};

export const plainLine = (text: string, ...look: readonly string[]): Line => [span(text, ...look)];

/** A line as a terminal takes it. */
export const paint = (line: Line, colours: boolean): string =>
  line.map(({ text, look }) => (colours && look && text !== "" ? `\u001b[${look}m${text}\u001b[0m` : text)).join("");

export const lineWidth = (line: Line): number => line.reduce((sum, { text }) => sum + textWidth(text), 0);

/** A line cut at the edge of the terminal, at a whole letter. */
export function cutLine(line: Line, columns: number): Line {
  if (lineWidth(line) <= columns) return line;
  const kept: Span[] = [];
  let left = Math.max(0, columns - 1);
  for (const { text, look } of line) {
    let taken = "";
    for (const letter of letters(text)) {
      const width = letterWidth(letter);
      if (width > left) {
        kept.push(span(`${taken}…`, look));
        return kept;
      }
      taken += letter;
      left -= width;
    }
    kept.push(span(taken, look));
  }
  return kept;
}

/** Words of a line with the blanks before each, such that looks stay with their letters. */
const piecesOf = (line: Line): readonly Span[] =>
  line.flatMap(({ text, look }) => (text.match(/\s+|\S+/g) ?? []).map((piece) => span(piece, look)));

/** A line as lines no wider than `columns`: broken between words, and within one only where it has no room at all. */
export function wrapLine(line: Line, columns: number): Line[] {
  if (lineWidth(line) <= columns) return [line];
  const lines: Span[][] = [];
  let current: Span[] = [];
  let width = 0;
  const feed = (): void => {
    lines.push(current);
    current = [];
    width = 0;
  };
  for (const piece of piecesOf(line)) {
    const isBlank = /^\s/.test(piece.text);
    let rest = piece.text;
    let size = textWidth(rest);
    if (width + size > columns && width > 0) feed();
    if (isBlank && width === 0 && lines.length > 0) continue;
    while (size > columns) {
      const [head, tail] = splitAt(rest, columns);
      current.push(span(head, piece.look));
      feed();
      rest = tail;
      size = textWidth(rest);
    }
    if (rest !== "") current.push(span(rest, piece.look));
    width += size;
  }
  if (current.length > 0 || lines.length === 0) lines.push(current);
  return lines;
}

/** As many whole letters as have room, at least one; and the rest. */
function splitAt(text: string, columns: number): readonly [string, string] {
  let head = "";
  let width = 0;
  for (const letter of letters(text)) {
    width += letterWidth(letter);
    if (width > columns && head !== "") break;
    head += letter;
  }
  return [head, text.slice(head.length)];
}
