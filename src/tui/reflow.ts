import { letters, letterWidth, textWidth } from "../text-width.ts";

/** What stands below all that stays, as it was drawn last: painted lines, and the cursor in it, which is null at its end. */
export interface DrawnFrame {
  readonly lines: readonly string[];
  readonly cursor: { readonly x: number; readonly y: number } | null;
}

/** Rows that a line takes once a terminal has wrapped it: at least one, and a wide letter is never cut in two. */
function rowsOf(line: string, columns: number): number {
  const width = textWidth(line);
  if (width <= columns) return 1;
  // oxlint-disable-next-line no-control-regex -- colours take no columns
  const bare = line.replace(/\u001b\[[0-9;]*m/g, "").trimEnd();
  let rows = 1;
  let used = 0;
  for (const letter of letters(bare)) {
    const next = letterWidth(letter);
    if (used + next > columns) {
      rows += 1;
      used = 0;
    }
    used += next;
  }
  return rows;
}

/**
 * Erases the rows that a frame has gained above the cursor because the terminal became narrower and wrapped its lines
 * anew, and leaves the cursor as many rows below the frame's first one as it was when that was drawn. Whoever erases the
 * frame by its old count of lines would otherwise leave its upper rows standing. Empty where nothing was wrapped.
 */
export function unwrap({ lines, cursor }: DrawnFrame, columns: number): string {
  const above = cursor ? lines.slice(0, cursor.y) : lines;
  const inLine = cursor ? Math.floor(cursor.x / columns) : 0;
  const gained = above.reduce((sum, line) => sum + rowsOf(line, columns) - 1, inLine);
  return "\u001b[2K\u001b[1A".repeat(gained);
}

const wrapping = { off: "\u001b[?7l", on: "\u001b[?7h" };

/**
 * The terminal for what is drawn again and again: a line wider than it is cut at its edge (DECAWM, ECMA-48's private mode
 * 7 of the VT100), for a frame that is drawn in the instant before a program hears of a narrower terminal would otherwise
 * take more rows than whoever erases it counts. Wrapping is on again after each write, however the program ends.
 */
export function cutAtEdge(terminal: NodeJS.WriteStream): NodeJS.WriteStream {
  const write = (data: string | Uint8Array, ...rest: []): boolean =>
    terminal.write(typeof data === "string" ? `${wrapping.off}${data}${wrapping.on}` : data, ...rest);
  return new Proxy(terminal, {
    get(target, name) {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** Text that is written through `cutAtEdge` and stays: nothing of it is cut. */
export const uncut = (text: string): string => wrapping.on + text;
