import { expect, test } from "vitest";
import { isHeldOut, wallFor } from "../../../src/engines/search/validate.ts";

test("about three tests in ten are kept back, the same ones every time", () => {
  const ids = Array.from({ length: 1000 }, (_, index) => `test/a.test.js > case ${index}`);
  const kept = ids.filter(isHeldOut);
  expect(kept.length / ids.length).toBeGreaterThan(0.24);
  expect(kept.length / ids.length).toBeLessThan(0.36);
  expect(ids.filter(isHeldOut)).toEqual(kept);
});

test("a candidate may take ten times as long as the base, and two seconds at least", () => {
  expect([wallFor(20), wallFor(1500)]).toEqual([2000, 15_000]);
});
