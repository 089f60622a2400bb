import { expect, test } from "vitest";
import { suspectFiles } from "../../src/workflows/fix/search-lab.ts";

test("suspicious files that are too long, no text or gone are named, and the others are searched", async () => {
  const texts: Record<string, Buffer> = {
    "a.js": Buffer.from("x = 1;\n"),
    "generated.js": Buffer.from("x = 1;\n".repeat(100_000)),
    "binary.js": Buffer.from([0xff, 0xfe, 0x00]),
  };
  const read = (_: string, path: string): Promise<Buffer | null> => Promise.resolve(texts[path] ?? null);
  const suspects = ["a.js", "generated.js", "binary.js", "gone.js"].map((path) => ({ path, line: 1, score: 0.5 }));
  expect(await suspectFiles({ clone: { read } } as never, "tree", { suspects } as never)).toEqual({
    files: [{ path: "a.js", text: "x = 1;\n", lines: new Map([[1, 0.5]]) }],
    leftAlone: ["generated.js", "binary.js", "gone.js"],
  });
});
