import { expect, test } from "vitest";
import { leftAlone, regressionIssue, regressionsIn } from "../../src/reports/triage-fixes.ts";
import { failed } from "../support/judged-failure.ts";

const bad = { commit: "d".repeat(40), subject: "Tidy", author: "A" };

test("regressions of one signature, or broken by one commit in one file, are one fix; all others are left alone", () => {
  const failures = [
    failed("a", { signature: "1", file: "a.test.js", firstBad: bad }),
    failed("b", { signature: "2", file: "a.test.js", firstBad: bad }),
    failed("c", { signature: "1", file: "c.test.js" }),
    failed("d", { signature: "3", file: "a.test.js", firstBad: { ...bad, commit: "e".repeat(40) } }),
    failed("e", { signature: "4", verdict: "flaky" }),
    failed("f", { signature: "5", verdict: "infrastructure" }),
  ];
  const told = regressionsIn(failures).map(({ file, shown, others }) => [
    file,
    shown.map(({ test: name }) => name),
    others.map(({ test: name }) => name),
  ]);
  expect(told).toEqual([
    ["a.test.js", ["a", "b"], ["c"]],
    ["a.test.js", ["d"], []],
  ]);
  expect(leftAlone(failures)).toBe("1 flaky, 1 infrastructure");
  expect(regressionsIn(failures, false)).toMatchObject([{ file: null, shown: [{}, {}, {}, {}] }]);
});

test("the text of a regression says what executions said, and which commit it fails since", () => {
  const [first] = regressionsIn([
    failed("a", { signature: "1", file: "a.test.js", line: 3, message: "1 is not 2", firstBad: bad }),
    failed("c", { signature: "1", file: "c.test.js" }),
  ]);
  expect(first && regressionIssue(first)).toMatchInlineSnapshot(`
    "Mend a: 1 is not 2

    It passes at the commit before dddddddddddd (Tidy), and fails since.

    a, a.test.js:3
    1 is not 2

    By the same cause also: c"
  `);
});
