import { expect, test } from "vitest";
import { tableLines } from "../src/cli/table.ts";
import { fitTo, keptInPlace, padTo, textWidth } from "../src/text-width.ts";

test.each([
  ["plain", 5],
  ["", 0],
  ["\u001b[31mred\u001b[39m", 3],
  ["日本語", 6],
  ["한국어", 6],
  ["Ａ", 2],
  ["e\u0301", 1],
  ["ก็", 1],
  ["नि", 2],
  ["שלום", 4],
  ["👍🏽", 2],
  ["👩‍👩‍👧‍👦", 2],
  ["🇩🇪", 2],
  ["✓ ✗ …", 5],
  ["\u2068שלום\u2069", 4],
])("%j takes %i columns", (text, columns) => {
  expect(textWidth(text)).toBe(columns);
});

test.each([
  ["short", 10, "short"],
  ["日本語", 4, "日…"],
  ["日本語", 5, "日本…"],
  ["ab👩‍👩‍👧‍👦cd", 4, "ab…"],
  ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ["two\nlines", 10, "two"],
])("%j in %i columns is %j: no letter is cut in two", (text, columns, fitted) => {
  expect(fitTo(text, columns)).toBe(fitted);
  expect(textWidth(fitTo(text, columns))).toBeLessThanOrEqual(columns);
});

test("columns of a table stand below each other whatever script is in them", () => {
  const rows = [
    ["run", "task", "cost"],
    ["a", "naïve cafe\u0301", "$1.00"],
    ["b", "日本語の課題がここにあります", "$12.00"],
    ["c", "👩‍👩‍👧‍👦 party 🎉", "$0.10"],
    ["d", "שלום עולם", "$0.20"],
    ["\u001b[31me\u001b[39m", "x", ""],
  ];
  const lines = tableLines(rows, [{}, { most: 12 }, { side: "right" }]);
  expect(lines.slice(0, -1).map(textWidth)).toEqual([24, 24, 24, 24, 24]);
  expect(lines[2]).toBe("b    日本語の課…  $12.00");
});

test("text from right to left cannot turn around what stands beside it", () => {
  expect(keptInPlace("שלום 3")).toBe("\u2068שלום 3\u2069");
  expect(keptInPlace("left")).toBe("left");
  expect(padTo("日", 4, "right")).toBe("  日");
});
