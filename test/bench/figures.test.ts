import { expect, test } from "vitest";
import { repeatedShare } from "../../bench/measure/prompt.ts";
import { atLeast, atMost, isKept, timesFloor } from "../../bench/row.ts";
import { compared, interleaved, median } from "../../bench/statistics.ts";

test("the median is the middle of the numbers, or the mean of the two in the middle", () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
});

test("a ratio is taken within each round, so that a slow round does not count as a slow program", () => {
  expect(compared([20, 200, 22], [10, 100, 11])).toEqual({ value: 22, floor: 11, ratio: 2 });
});

test("every subject runs once in each round, and none always goes first", async () => {
  const order: string[] = [];
  const subject = (name: string) => async () => order.push(name);
  await interleaved(2, { a: subject("a"), b: subject("b"), c: subject("c") });
  expect(order.join("")).toBe("abcbca");
});

test("a budget is held against the figure or against its ratio to the floor", () => {
  const row = { what: "x", unit: "ms", value: 120, floor: 60, ratio: 2 };
  const kept = [atMost(120), atMost(119), atLeast(120), atLeast(121), timesFloor(2), timesFloor(1.9)].map((budget) =>
    isKept({ ...row, budget }),
  );
  expect(kept).toEqual([true, false, true, false, true, false]);
  expect(isKept(row)).toBeNull();
  expect(isKept({ what: "x", unit: "ms", value: 1, budget: timesFloor(2) })).toBe(false);
});

test("a history that is only added to repeats all of itself, and one changed message costs what follows it", () => {
  const message = (content: string) => ({ role: "user", content });
  const [a, b, c] = [message("aaaa"), message("bbbb"), message("cccc")];
  expect(repeatedShare([{ messages: [a] }, { messages: [a, b] }, { messages: [a, b, c] }])).toBe(1);
  // In front: the tools, the first message, and the second one up to its text.
  const line = JSON.stringify(a).length + 1;
  const same = "[]\n".length + line + '{"role":"user","content":"'.length;
  expect(repeatedShare([{ messages: [a, b] }, { messages: [a, c] }])).toBeCloseTo(same / (3 + 2 * line));
});
