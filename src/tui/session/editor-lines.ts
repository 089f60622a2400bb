import { letters, letterWidth } from "../../text-width.ts";

export interface EditorLines {
  readonly lines: readonly string[];
  /** Where the cursor stands among them. */
  readonly x: number;
  readonly y: number;
}

/** A text as lines of so many columns, broken at letters, with the place of the cursor; at most `rows` of them, around it. */
export function editorLines(text: string, cursor: number, columns: number, rows: number): EditorLines {
  const lines: string[] = [""];
  let width = 0;
  let place = { x: 0, y: 0 };
  let position = 0;
  const mark = (): void => {
    if (position === cursor) place = { x: width, y: lines.length - 1 };
  };
  for (const letter of lettersOf(text)) {
    const size = letter === "\n" ? 0 : letter === "\t" ? 2 : letterWidth(letter);
    if (width + size > columns) {
      lines.push("");
      width = 0;
    }
    mark();
    position += letter.length;
    if (letter === "\n") {
      lines.push("");
      width = 0;
    } else {
      lines[lines.length - 1] += letter === "\t" ? "  " : letter;
      width += size;
    }
  }
  if (width >= columns) {
    lines.push("");
    width = 0;
  }
  mark();
  const top = Math.max(0, Math.min(place.y - rows + 1, lines.length - rows));
  return { lines: lines.slice(top, top + rows), x: place.x, y: place.y - top };
}

/** Plain text needs no tables. */
const lettersOf = (text: string): Iterable<string> => (/^[\n\t -~]*$/.test(text) ? text : letters(text));
