import { describe, expect, test } from "vitest";
import { compareResults } from "../../src/suite/compare.ts";
import { failureText, signature, stableText } from "../../src/suite/failure-text.ts";
import { isCiPath, isTestConfigPath, isTestPath, testPathsWith } from "../../src/suite/test-paths.ts";
import { readResults } from "../../src/suite/read-results.ts";
import type { SuiteResult, TestResult } from "../../src/suite/suite.ts";

function one(id: string, status: TestResult["status"], more: Partial<TestResult> = {}): TestResult {
  return { id, file: id.split(" > ")[0] ?? null, name: id, status, loadError: false, message: null, ...more };
}
const result = (...tests: TestResult[]): SuiteResult => ({
  runner: "vitest",
  structured: true,
  exitCode: tests.some((each) => each.status === "failed") ? 1 : 0,
  killed: null,
  tests,
});

describe("comparing base and head", () => {
  test("each test that changed is in its list", () => {
    const base = result(
      one("a > 1", "passed"),
      one("a > 2", "failed"),
      one("a > 3", "failed"),
      one("a > 4", "passed"),
      one("a > 5", "passed"),
      one("a > 6", "skipped"),
    );
    const head = result(
      one("a > 1", "failed"),
      one("a > 2", "passed"),
      one("a > 3", "failed"),
      one("a > 5", "skipped"),
      one("a > 6", "skipped"),
      one("b > new", "failed"),
      one("b > ok", "passed"),
    );
    expect(compareResults(base, head)).toEqual({
      newlyFailing: ["a > 1", "b > new"],
      fixed: ["a > 2"],
      stillFailing: ["a > 3"],
      missing: ["a > 4"],
      newlySkipped: ["a > 5"],
    });
  });

  test("a file that stops loading fails newly, and its tests are missing; the other way round it is fixed", () => {
    const loads = result(one("a > 1", "passed"));
    const breaks = result(one("a > (file does not load)", "failed", { loadError: true }));
    expect(compareResults(loads, breaks)).toMatchObject({
      newlyFailing: ["a > (file does not load)"],
      missing: ["a > 1"],
    });
    expect(compareResults(breaks, loads)).toMatchObject({
      fixed: ["a > (file does not load)"],
      newlyFailing: [],
      stillFailing: [],
    });
  });

  test("generic commands are compared by their exit codes", () => {
    const exits = (exitCode: number) => readResults({ runner: "generic" }, { report: null, exitCode, killed: null });
    expect(compareResults(exits(0), exits(2)).newlyFailing).toEqual(["(test command)"]);
    expect(compareResults(exits(1), exits(0)).fixed).toEqual(["(test command)"]);
    expect(compareResults(exits(1), exits(2)).stillFailing).toEqual(["(test command)"]);
  });
});

describe("failure text", () => {
  test("what differs from run to run is taken out", () => {
    const noisy = (n: number) =>
      `\u001b[31mfailed\u001b[0m after ${n}.5 ms (${n}s) in /tmp/x-${n}/y.ts at 0x7f${n}a00 <ge...7fe82a23${n}f00> on localhost:4${n}231, 2026-11-2${n}T10:00:00.${n}Z id 123e4567-e89b-12d3-a456-42661417400${n}`;
    expect(stableText(noisy(1))).toBe(stableText(noisy(2)));
    expect(stableText("expected 12 to be 13, v1.2")).toBe("expected 12 to be 13, v1.2");
  });

  test("names every failing test while there is room, and never grows past the limit", () => {
    const many = result(
      ...Array.from({ length: 200 }, (_, n) => one(`a > test ${n}`, "failed", { message: "long\n".repeat(50) })),
    );
    const text = failureText(many, 800);
    expect(text.length).toBeLessThanOrEqual(800);
    expect(text).toMatch(/^200 failed, 0 passed\n✗ a > test 0\n✗ a > test 1\n/);
    expect(text).toMatch(/\n… and \d+ more\n✗ a > test 0\n {4}long/);
  });

  test("few failures are told whole, each once; others that fail are only counted when some are asked for", () => {
    const [x, y] = [one("a > x", "failed", { message: "one" }), one("a > y", "failed", { message: "two" })];
    expect(failureText(result(x, y))).toBe("2 failed, 0 passed\n✗ a > x\n    one\n✗ a > y\n    two");
    expect(failureText(result(x, y), 1500, ["a > y"])).toBe(
      "1 failed, 0 passed, 1 other not told here\n✗ a > y\n    two",
    );
  });

  test("the signature is the same for the same failures in another order, and differs for another message", () => {
    const [x, y] = [one("a > x", "failed", { message: "one" }), one("a > y", "failed", { message: "two\nrest" })];
    expect(signature(result(x, y))).toBe(signature(result(y, x)));
    expect(signature(result(x, y))).toBe("a > x: one\na > y: two");
    expect(signature(result(x))).not.toBe(signature(result({ ...x, message: "other" })));
  });
});

test("a repository may name tests that nothing else tells", () => {
  const isTest = testPathsWith(["checks/*.check.js"]);
  expect(["checks/a.check.js", "checks/run.js", "src/a.test.js"].map(isTest)).toEqual([true, false, true]);
});

describe("what kind of file a path is", () => {
  const kinds = (path: string): string =>
    [isTestPath(path) && "test", isTestConfigPath(path) && "config", isCiPath(path) && "ci"].filter(Boolean).join("+");
  test.each([
    ["src/a.test.ts", "test"],
    ["src/a.spec.jsx", "test"],
    ["test.js", "test"],
    ["src/a-test.mjs", "test"],
    ["test/helper.js", "test"],
    ["src/__tests__/a.ts", "test"],
    ["src/__snapshots__/a.snap", "test"],
    ["tests/test_a.py", "test"],
    ["pkg/a_test.py", "test"],
    ["vitest.config.ts", "config"],
    ["packages/a/jest.config.cjs", "config"],
    ["jest.setup.js", "config"],
    [".mocharc.yml", "config"],
    ["pytest.ini", "config"],
    ["pyproject.toml", "config"],
    ["tests/conftest.py", "test+config"],
    ["test/tsconfig.json", "test+config"],
    ["tsconfig.test.json", "test+config"],
    [".github/workflows/ci.yml", "ci"],
    [".gitlab-ci.yml", "ci"],
    ["Jenkinsfile", "ci"],
    ["src/latest.ts", ""],
    ["src/spec.ts", ""],
    ["src/contest/rules.ts", ""],
    ["tsconfig.json", ""],
    ["package.json", ""],
    ["docs/ci.md", ""],
  ])("%s: %s", (path, kind) => {
    expect(kinds(path)).toBe(kind);
  });
});
