import { describe, expect, test } from "vitest";
import { failure } from "../../src/suite/explain.ts";
import { concluded } from "../../src/workflows/triage/executions.ts";
import {
  judge,
  likeliest,
  type SettleRule,
  type TestExecution,
  wilson,
  worstVerdict,
} from "../../src/suite/verdict.ts";

const rule: SettleRule = { confidence: 0.95, reruns: 10, hasBase: true };
const one: Parameters<typeof judge>[0] = {
  kind: "test",
  message: "expected 1 to be 2",
  timedOut: false,
};
/** "h-" failed at head, "b+" passed at base, "t" ran out of time; "S" with the suite. */
const executed = (text: string): TestExecution[] =>
  text
    .split(" ")
    .filter(Boolean)
    .map((word) => ({
      at: word[0] === "b" ? "base" : "head",
      scope: word.includes("S") ? "suite" : word.includes("!") ? "serial" : word.includes("r") ? "report" : "file",
      result: word.includes("t") ? "timeout" : word.includes("+") ? "passed" : word.includes("0") ? "absent" : "failed",
      ms: 1,
    }));
const verdictOf = (text: string, found: Partial<typeof one> = {}, by = rule) => {
  const { verdict, next } = judge({ ...one, ...found }, executed(text), by);
  return next === null ? verdict : `${verdict}, then ${next}`;
};

describe("a verdict rests on executions", () => {
  test.each<[string, string, string]>([
    ["one failure alone says nothing yet", "hr-", "unknown, then head"],
    ["always at head, never at base", "hr- h- h- h- h- b+ b+", "regression"],
    ["at base too, each time", "hr- h- h- h- b- b- b-", "pre-existing"],
    ["one failure at base is not enough", "hr- h- b-", "pre-existing, then head"],
    ["both results at head", "hr- h- h+", "flaky"],
    ["both results at base", "hr- h- b- b+", "flaky"],
    ["enough at head: the base is asked", "hr- h- h- h-", "unknown, then base"],
    ["a test that base does not have", "hr- h- h- h- h- h- h- b0", "regression"],
    ["only with the whole suite, and not by itself", "hS- hS- hS- hS- hS- h+ h+ b+ b+", "regression"],
  ])("%s", (_, executions, expected) => {
    expect(verdictOf(executions)).toBe(expected);
  });

  test("what more executions could tell does not keep a verdict back once there are no more", () => {
    const executions = executed("hS- h- h- b+ b+ h!-");
    const found = failure({ format: "", titles: ["adds"], offset: 0, text: "expected 1 to be 2" });
    const few = { ...rule, reruns: 3 };
    expect(judge(found, executions, few)).toMatchObject({ verdict: "unknown", next: "base" });
    expect(concluded({ found, source: null, file: null, executions }, few)).toMatchObject({
      verdict: "regression",
      next: null,
    });
  });

  test("what the machine lacked is never called a bug, however often it lacks it", () => {
    expect(verdictOf("hr- h- h- h- h- b+ b+", { message: "FATAL ERROR: JavaScript heap out of memory" })).toBe(
      "infrastructure",
    );
    expect(verdictOf("hr-", { message: "ENOSPC: no space left on device" })).toBe("infrastructure");
  });

  test("a taken port that a rerun finds free is the machine's; one that is always refused here and never at base is not", () => {
    const message = "listen EADDRINUSE: address already in use :::3000";
    expect(verdictOf("hr- h+", { message })).toBe("infrastructure");
    expect(verdictOf("hr- h- h- h- h- b+ b+", { message })).toBe("regression");
  });

  test("a test that compares words of the machine, or stands beside them in its file, is judged by its executions", () => {
    for (const found of [
      { message: "AssertionError: assert 'ENOSPC: no space left on device' == 'EACCES'" },
      { message: "expect(received).toEqual(expected)\n- ECONNREFUSED\n+ ENOSPC" },
      { message: "boom\n\n  7 | test('full', () => fail('ENOSPC: no space left'));\n> 8 | throw boom;\n    |       ^" },
      { message: "No space left on device", expected: "No space left on device" },
    ])
      expect([found, verdictOf("hr- h- h- h- h- b+ b+", found)]).toEqual([found, "regression"]);
    const message = "AssertionError: Got unwanted rejection.\nActual message: connect ENETUNREACH 10.0.0.1";
    expect(verdictOf("hr-", { message })).toBe("infrastructure");
  });

  test("running out of time is a timeout, unless it passes as well", () => {
    expect(verdictOf("hr- ht ht", { timedOut: true })).toBe("timeout");
    expect(verdictOf("hr- ht h+", { timedOut: true })).toBe("flaky");
  });

  test("what does not load or build is no test that failed", () => {
    expect(verdictOf("hr-", { kind: "build" })).toBe("build");
    expect(verdictOf("hr- h-", { kind: "file", message: "Cannot find module './nope'" })).toBe("build");
  });

  test("failing beside others only is told", () => {
    const { verdict, because } = judge(one, executed("hr- h- h- h!+"), rule);
    expect([verdict, because]).toEqual(["flaky", "failed 3 of 4 at head; only beside other tests, not by itself"]);
  });

  test("without a base nothing is called a regression", () => {
    expect(verdictOf("hr- h- h- h- h- h- h- h- h- h- h-", {}, { ...rule, hasBase: false })).toBe("unknown");
  });
});

test("Wilson's interval, against values worked out elsewhere", () => {
  const round = ({ low, high }: { low: number; high: number }) => [low, high].map((each) => Number(each.toFixed(4)));
  expect([round(wilson(1, 10)), round(wilson(0, 10)), round(wilson(5, 10))]).toEqual([
    [0.0179, 0.4042],
    [0, 0.2775],
    [0.2366, 0.7634],
  ]);
  expect(Number(likeliest(4, 2).toFixed(4))).toBe(0.0219);
});

test("the worst verdict wins", () => {
  expect([
    worstVerdict(["flaky", "infrastructure", "timeout"]),
    worstVerdict(["flaky", "regression"]),
    worstVerdict([]),
  ]).toEqual(["timeout", "regression", null]);
});

/** Executes a test that fails at such a rate at head, and at base, until its verdict is settled. */
function simulate(
  rates: { head: number; base: number },
  random: () => number,
): { verdict: string; executions: number } {
  const done: TestExecution[] = [{ at: "head", scope: "report", result: "failed", ms: 1 }];
  for (;;) {
    const { verdict, next } = judge(one, done, rule);
    if (next === null || done.length > 60) return { verdict, executions: done.length - 1 };
    done.push({ at: next, scope: "file", result: random() < rates[next] ? "failed" : "passed", ms: 1 });
  }
}

test("of 1000 flaky tests at most one in twenty is taken for something else, and none that fails always", () => {
  let state = 42;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const wrong = (rate: number): number =>
    Array.from({ length: 1000 }, () => simulate({ head: rate, base: rate }, random)).filter(
      ({ verdict }) => verdict !== "flaky",
    ).length;
  for (const rate of [0.05, 0.2, 0.5]) expect(wrong(rate)).toBeLessThanOrEqual(50);
  expect(simulate({ head: 1, base: 0 }, random)).toEqual({ verdict: "regression", executions: 6 });
  expect(simulate({ head: 1, base: 1 }, random).verdict).toBe("pre-existing");
});
