import fc from "fast-check";
import { expect, test } from "vitest";
import { lineDiff } from "../../src/reports/line-diff.ts";

test("shows what changed with three lines around it, and counts as git does", () => {
  const before = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
  const after = before.with(1, "B").toSpliced(10, 1);
  expect(lineDiff(before.join("\n"), after.join("\n"))).toBe(
    "@@ -1,5 +1,5 @@\n a\n-b\n+B\n c\n d\n e\n@@ -8,5 +8,4 @@\n h\n i\n j\n-k\n l",
  );
  expect(lineDiff("same", "same")).toBe("");
});

/** Applies a diff; what it takes away or keeps must be there. */
function applied(before: string, diff: string): string {
  const lines = before.split("\n");
  let moved = 0;
  let at = 0;
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -(\d+)/.exec(line);
    const text = line.slice(1);
    if (hunk) at = Number(hunk[1]) - 1 + moved;
    else if (line.startsWith("+")) {
      lines.splice(at++, 0, text);
      moved += 1;
    } else if (lines[at] !== text) return `line ${at} is not ${text}`;
    else if (line.startsWith("-")) {
      lines.splice(at, 1);
      moved -= 1;
    } else at += 1;
  }
  return lines.join("\n");
}

test("what it says turns the one text into the other", () => {
  const text = fc
    .array(fc.constantFrom("a", "b", "c", ""), { minLength: 1, maxLength: 25 })
    .map((all) => all.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after);
      expect(applied(before, lineDiff(before, after))).toBe(after);
    }),
    { numRuns: 200 },
  );
});
