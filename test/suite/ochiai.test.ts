import { expect, test } from "vitest";
import type { Execution } from "../../src/suite/coverage.ts";
import { suspectsFromWords } from "../../src/suite/mentions.ts";
import { rankSuspects, suspectsFromStack } from "../../src/suite/ochiai.ts";
import { selectTests } from "../../src/suite/select-tests.ts";

const ran = (failed: boolean, ...lines: number[]): Execution => ({
  id: `${failed} ${lines.join(",")}`,
  file: "t",
  failed,
  lines: new Map([["a.js", new Set(lines)]]),
});
const all = (): boolean => true;

test("a line that only failing tests run is more suspicious than one that passing tests run too", () => {
  const executions = [ran(true, 1, 2, 3), ran(true, 1, 3), ran(false, 1), ran(false, 1, 4)];
  const ranked = rankSuspects(executions, [], all);
  expect(ranked.map(({ line }) => line)).toEqual([3, 1, 2]);
  // ef / √((ef + nf)(ef + ep)): 2/√(2·2), 2/√(2·4), 1/√(2·1).
  expect(ranked.map(({ score }) => score.toFixed(3))).toEqual(["1.000", "0.707", "0.707"]);
});

test("a line that the failure names counts for more, and equals keep the order of the file", () => {
  const executions = [ran(true, 1, 2, 3), ran(false, 1, 2, 3)];
  expect(rankSuspects(executions, [{ path: "a.js", line: 2 }], all).map(({ line }) => line)).toEqual([2, 1, 3]);
});

test("files that may not be at fault are left out, and without failing tests there are no suspects", () => {
  expect(rankSuspects([ran(true, 1)], [], () => false)).toEqual([]);
  expect(rankSuspects([ran(false, 1)], [], all)).toEqual([]);
});

test("without coverage the lines around a named one are suspects, the nearest first", () => {
  const found = suspectsFromStack([{ path: "a.js", line: 2 }], all);
  expect(found.slice(0, 3).map(({ line }) => line)).toEqual([2, 1, 3]);
  expect(found.every(({ line }) => line > 0)).toBe(true);
});

test("without a failing test, rare words of the issue point at lines", () => {
  const sources = [
    { path: "a.js", text: "const total = 1;\nfunction parseDate(text) {}\nconst text = total;" },
    { path: "b.js", text: "const total = text;" },
  ];
  expect(suspectsFromWords("parseDate of a text is wrong", sources)[0]).toEqual({ path: "a.js", line: 2, score: 1 });
  expect(suspectsFromWords("it is wrong", sources)).toEqual([]);
});

test("tests are selected by their full names, taken literally", () => {
  const tests = [{ name: "dates > adds 1+1 (twice)" }];
  expect(selectTests("vitest", "only", tests)).toEqual(["-t", "^(?:dates adds 1\\+1 \\(twice\\))$"]);
  expect(selectTests("jest", "without", tests)).toEqual(["-t", "^(?!(?:dates adds 1\\+1 \\(twice\\))$)"]);
  expect(selectTests("node-test", "without", tests)).toEqual(["--test-skip-pattern=^dates adds 1\\+1 \\(twice\\)$"]);
  expect([selectTests("pytest", "only", tests), selectTests("vitest", "only", [])]).toEqual([null, null]);
});
