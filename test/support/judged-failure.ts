import type { JudgedFailure } from "../../src/reports/triage-rows.ts";

/** A failing test with its verdict, a regression unless it is said otherwise. */
export const failed = (name: string, more: Partial<JudgedFailure> = {}): JudgedFailure => ({
  test: name,
  kind: "test",
  suite: null,
  file: null,
  line: null,
  titles: [name],
  format: "suite",
  source: null,
  signature: name,
  message: "it is wrong",
  expected: null,
  actual: null,
  stack: "",
  excerpt: "",
  offset: 0,
  ms: null,
  verdict: "regression",
  because: "failed 3 of 3 at head, 0 of 2 at base",
  head: { failed: 3, passed: 0 },
  base: { failed: 0, passed: 2 },
  rate: null,
  firstBad: null,
  ...more,
});
