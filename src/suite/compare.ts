import type { SuiteResult, TestResult } from "./suite.ts";

/** What changed between two results of one suite, as test ids. */
export interface Comparison {
  /** Failed on head and did not fail on base: tests that passed there, and tests that are new. */
  readonly newlyFailing: readonly string[];
  /** Failed on base and passes on head; a file that did not load and now does. */
  readonly fixed: readonly string[];
  readonly stillFailing: readonly string[];
  /** Passed on base, absent on head. */
  readonly missing: readonly string[];
  /** Ran on base, skipped on head. */
  readonly newlySkipped: readonly string[];
}

/** Compares test by test; the result of a generic command is one test. Order is that of the reports. */
export function compareResults(base: SuiteResult, head: SuiteResult): Comparison {
  const before = new Map(base.tests.map((test) => [test.id, test]));
  const after = new Map(head.tests.map((test) => [test.id, test]));
  const loaded = new Set(head.tests.filter((test) => test.status === "passed").map((test) => test.file));
  const was = (test: TestResult): TestResult["status"] | undefined => before.get(test.id)?.status;
  const is = (test: TestResult): TestResult["status"] | undefined => after.get(test.id)?.status;
  const nowLoads = (test: TestResult): boolean => test.loadError && is(test) === undefined && loaded.has(test.file);
  const ids = (tests: readonly TestResult[], wanted: (test: TestResult) => boolean): string[] =>
    tests.filter(wanted).map((test) => test.id);
  return {
    newlyFailing: ids(head.tests, (test) => test.status === "failed" && was(test) !== "failed"),
    fixed: ids(base.tests, (test) => test.status === "failed" && (is(test) === "passed" || nowLoads(test))),
    stillFailing: ids(head.tests, (test) => test.status === "failed" && was(test) === "failed"),
    missing: ids(base.tests, (test) => test.status === "passed" && is(test) === undefined),
    newlySkipped: ids(
      head.tests,
      (test) => test.status === "skipped" && was(test) !== undefined && was(test) !== "skipped",
    ),
  };
}
