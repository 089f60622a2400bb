import { expect, test } from "vitest";
import { gathered } from "../../src/workflows/localise/hint.ts";

test("neighbouring lines of one score are told as one place, so that the few that are told reach further", () => {
  const at = (path: string, line: number, score = 1) => ({ path, line, score });
  const suspects = [
    at("a.js", 10),
    at("a.js", 11),
    at("a.js", 14),
    at("a.js", 18),
    at("b.js", 15),
    at("a.js", 19, 0.5),
  ];
  expect(gathered(suspects)).toEqual([
    { ...at("a.js", 10), to: 14 },
    at("a.js", 18),
    at("b.js", 15),
    at("a.js", 19, 0.5),
  ]);
});
