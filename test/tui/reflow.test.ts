import { expect, test } from "vitest";
import { cutAtEdge, uncut, unwrap } from "../../src/tui/reflow.ts";

const up = "\u001b[2K\u001b[1A";
const frame = ["word ".repeat(12).trimEnd(), "\u001b[33mshort\u001b[39m", "你好".repeat(10)];

test.each([
  ["a frame that fits has gained no row", 80, null, 0],
  ["59 and 40 columns take three rows more on 30", 30, null, 2],
  ["a wide letter goes to the next row as a whole", 21, null, 3],
  ["only rows above the cursor count", 30, { x: 2, y: 1 }, 1],
  ["so do those of its own line before it", 30, { x: 35, y: 2 }, 2],
])("%s", (_name, columns, cursor, rows) => {
  expect(unwrap({ lines: frame, cursor }, columns)).toBe(up.repeat(rows));
});

test("frames are cut at the edge of the terminal, what stays is not, and wrapping is on again after each write", () => {
  const written: string[] = [];
  const terminal = { columns: 80, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream;
  const drawn = cutAtEdge(terminal);
  drawn.write("frame");
  drawn.write(uncut("stays\n"));
  expect(drawn.columns).toBe(80);
  expect(written).toEqual(["\u001b[?7lframe\u001b[?7h", "\u001b[?7l\u001b[?7hstays\n\u001b[?7h"]);
});
