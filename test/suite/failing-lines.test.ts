import { describe, expect, test } from "vitest";
import { failingLines } from "../../src/suite/failing-lines.ts";

/** Two runs that fail the same way, and one that does not, as each runner prints them. */
describe("the same failure has the same lines, whatever changes from run to run:", () => {
  test.each<[string, string, string, string]>([
    [
      "vitest",
      " ✗ adds 12ms\nAssertionError: expected 1 to be 2\n at /tmp/a1/x.ts:3:4\nDuration 1.2 s",
      " ✗ adds 98ms\nAssertionError: expected 1 to be 2\n at /tmp/b2/x.ts:3:4\nDuration 3 s",
      " ✗ adds 12ms\nAssertionError: expected 3 to be 2",
    ],
    [
      "pytest",
      "FAILED test_a.py::test_sum - assert 1 == 2\nE   assert 1 == 2\n1 failed in 0.12s",
      "E   assert 1 == 2\nFAILED test_a.py::test_sum - assert 1 == 2\n1 failed in 0.15s",
      "FAILED test_a.py::test_other - assert 1 == 2\nE   assert 1 == 2",
    ],
    ["TAP", "ok 1 - a\nnot ok 2 - b", "ok 1 - a\nnot ok 2 - b\n# time 3ms", "not ok 1 - a\nnot ok 2 - b"],
    [
      "Go",
      "--- FAIL: TestSum (0.00s)\n    sum_test.go:9: got 1\nFAIL",
      "--- FAIL: TestSum (0.03s)\n    sum_test.go:9: got 1\nFAIL",
      "--- FAIL: TestMul (0.00s)\nFAIL",
    ],
    [
      "Rust",
      "test sum ... FAILED\nthread 'sum' panicked at src/lib.rs:3",
      "test sum ... FAILED\nthread 'sum' panicked at src/lib.rs:3\nfinished in 0.2s",
      "test mul ... FAILED",
    ],
    [
      "unittest",
      "FAIL: test_sum (test_a.T)\nAssertionError: 1 != 2\nRan 1 test in 0.001s",
      "FAIL: test_sum (test_a.T)\nAssertionError: 1 != 2\nRan 1 test in 0.009s",
      "FAIL: test_sum (test_a.T)\nAssertionError: 5 != 2",
    ],
  ])("%s", (_, first, again, other) => {
    expect(failingLines(first)).not.toBeNull();
    expect(failingLines(again)).toBe(failingLines(first));
    expect(failingLines(other)).not.toBe(failingLines(first));
  });

  test.each([
    "12 passed",
    "ok 1 - a\nok 2 - b",
    "src/error.ts: the word Error in a listing",
    "",
    "PASS  a.test.js\n ✓ adds",
  ])("no test fails in %j", (output) => expect(failingLines(output)).toBeNull());
});
