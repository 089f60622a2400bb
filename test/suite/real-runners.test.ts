import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { detectSuite, type Tree } from "../../src/suite/detect.ts";
import { compareResults } from "../../src/suite/compare.ts";
import { failureText, signature } from "../../src/suite/failure-text.ts";
import { counts, failedTests, verdict, type SuitePlan, type SuiteResult } from "../../src/suite/suite.ts";
import { borrowPackages, directoryOf, runSuite } from "../support/run-suite.ts";

const made: string[] = [];
afterAll(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

/** A real directory with these files and the plan found for it. */
function project(files: Record<string, string>): { directory: string; plan: SuitePlan } {
  const directory = directoryOf(files);
  made.push(directory);
  const tree: Tree = { files: Object.keys(files), read: (path) => files[path] };
  return { directory, plan: detectSuite(tree)[0] as SuitePlan };
}

const statuses = (result: SuiteResult): Record<string, string> =>
  Object.fromEntries(result.tests.map((each) => [each.id, each.loadError ? "load error" : each.status]));
const messageOf = (result: SuiteResult, id: string): string =>
  failedTests(result).find((each) => each.id === id)?.message ?? "";

describe("vitest", () => {
  const { directory, plan } = project({
    "package.json": '{"type":"module","scripts":{"test":"vitest run --coverage"}}',
    "test/a.test.ts": `import { describe, expect, test } from "vitest";
      describe("outer", () => { test("ok", () => {}); test("bad", () => { expect(1).toBe(2); }); test.skip("sk", () => {}); test("ok", () => {}); });`,
    "test/load.test.ts": 'import "./missing.ts"; import { test } from "vitest"; test("x", () => {});',
    "test/hook.test.ts": `import { beforeAll, test } from "vitest"; beforeAll(() => { throw new Error("boom"); }); test("one", () => {});`,
    "test/it's [good].test.ts": 'import { test } from "vitest"; test("fine", () => {});',
    "test/late.test.ts": `import { test } from "vitest";
      test("leaks", async () => { setTimeout(() => { throw new Error("late"); }, 0); await new Promise((go) => setTimeout(go, 20)); });`,
  });
  borrowPackages(directory);

  test("the whole suite: every test by name, a file that does not load, a hook that fails", () => {
    const result = runSuite(directory, plan);
    expect(statuses(result)).toEqual({
      "test/a.test.ts > outer > ok": "passed",
      "test/a.test.ts > outer > bad": "failed",
      "test/a.test.ts > outer > sk": "skipped",
      "test/a.test.ts > outer > ok (2)": "passed",
      "test/load.test.ts > (file does not load)": "load error",
      "test/hook.test.ts > one": "skipped",
      "test/hook.test.ts > (hook or file)": "failed",
      "test/it's [good].test.ts > fine": "passed",
      "test/late.test.ts > leaks": "passed",
    });
    expect(verdict(result)).toBe("red");
    expect(result.output).toContain("1 failed");
    expect(messageOf(result, "test/a.test.ts > outer > bad")).toMatch(
      /^AssertionError: expected 1 to be 2.*\nat .*test\/a\.test\.ts:2:\d+/,
    );
    expect(messageOf(result, "test/load.test.ts > (file does not load)")).toContain("missing.ts");
  });

  test("limited to one file with a difficult name, only that runs", () => {
    const result = runSuite(directory, plan, ["test/it's [good].test.ts"]);
    expect([verdict(result), Object.keys(statuses(result))]).toEqual(["green", ["test/it's [good].test.ts > fine"]]);
  });

  test("an error outside every test contradicts the report: nothing can be said", () => {
    const result = runSuite(directory, plan, ["test/late.test.ts"]);
    expect([verdict(result), result.exitCode, counts(result).failed]).toEqual(["broken", 1, 0]);
    expect(failureText(result)).toMatch(/^the command ended with 1 although no test failed; [^]*\nError: late\n/);
  });

  test("a file that is not there runs nothing: broken", () => {
    expect(verdict(runSuite(directory, plan, ["test/absent.test.ts"]))).toBe("broken");
  });
});

describe("node:test", () => {
  const { directory, plan } = project({
    "package.json": '{"type":"module","scripts":{"test":"node --test --test-reporter=dot test/*.test.js"}}',
    "test/a.test.js": `import { describe, it, test } from "node:test"; import assert from "node:assert/strict";
      test("ok", () => {});
      test('bad <x> & "q"', () => { assert.equal(1, 2); });
      describe("outer", () => { it("inner", () => {}); it.skip("sk", () => {}); });
      test("todo", { todo: true }, () => { assert.ok(false); });`,
    "test/load.test.js": 'import "./missing.js";',
    "test/parent.test.js": `import { test } from "node:test"; import assert from "node:assert/strict";
      test("parent", async (t) => { await t.test("child", () => {}); assert.ok(false, "by itself"); });`,
    "test/good.test.js": 'import { test } from "node:test"; test("fine", () => {});',
  });

  test("the whole suite: nested names, odd characters, a file that does not load, a parent that fails by itself", () => {
    const result = runSuite(directory, plan);
    expect(statuses(result)).toEqual({
      "test/a.test.js > ok": "passed",
      'test/a.test.js > bad <x> & "q"': "failed",
      "test/a.test.js > outer > inner": "passed",
      "test/a.test.js > outer > sk": "skipped",
      "test/a.test.js > todo": "skipped",
      "test/load.test.js > (file)": "load error",
      "test/parent.test.js > parent > child": "passed",
      "test/good.test.js > fine": "passed",
      "(a test with subtests)": "failed",
    });
    expect(messageOf(result, 'test/a.test.js > bad <x> & "q"')).toMatch(/1 !== 2[^]*at .*test\/a\.test\.js:3:/);
    expect(result.output).toContain("✖");
  });

  test("limited to one file, only that runs", () => {
    const result = runSuite(directory, plan, ["test/good.test.js"]);
    expect([verdict(result), Object.keys(statuses(result))]).toEqual(["green", ["test/good.test.js > fine"]]);
  });
});

describe("pytest", () => {
  const { directory, plan } = project({
    "pytest.ini": "[pytest]\naddopts = -x -p no:hypothesispytest\n",
    "tests/test_a.py": `import pytest
def test_ok(): pass
def test_bad():
    assert {"a": 1} == {"a": 2}, "they <differ>"
class TestC:
    @pytest.mark.parametrize("v", [1, "a b"])
    def test_par(self, v): assert v == 1
@pytest.mark.skip
def test_sk(): pass
@pytest.fixture
def boom(): raise RuntimeError("set-up")
def test_setup(boom): pass
`,
    "tests/test_load.py": "import nope\n",
    "tests/good one/test_good.py": "def test_fine(): pass\n",
  });

  test("the whole suite: classes, parameters, fixtures that fail, a file that does not load, in spite of -x", () => {
    const result = runSuite(directory, plan);
    expect(statuses(result)).toEqual({
      "tests/test_a.py > test_ok": "passed",
      "tests/test_a.py > test_bad": "failed",
      "tests/test_a.py > TestC > test_par[1]": "passed",
      "tests/test_a.py > TestC > test_par[a b]": "failed",
      "tests/test_a.py > test_sk": "skipped",
      "tests/test_a.py > test_setup": "failed",
      "tests/test_load.py > (file does not load)": "load error",
      "tests/good one/test_good.py > test_fine": "passed",
    });
    expect(messageOf(result, "tests/test_a.py > test_bad")).toMatch(
      /^AssertionError: they <differ>\n[^]*at tests\/test_a\.py:4: AssertionError$/,
    );
    expect(messageOf(result, "tests/test_load.py > (file does not load)")).toBe(
      "ModuleNotFoundError: No module named 'nope'",
    );
  });

  test("limited to one file, only that runs; failing twice in the same way gives the same signature", () => {
    expect(Object.keys(statuses(runSuite(directory, plan, ["tests/good one/test_good.py"])))).toEqual([
      "tests/good one/test_good.py > test_fine",
    ]);
    const [one, two] = [runSuite(directory, plan, ["tests/test_a.py"]), runSuite(directory, plan, ["tests/test_a.py"])];
    expect(signature(one)).toBe(signature(two));
    expect(failureText(one)).toBe(failureText(two));
    expect(compareResults(one, two)).toMatchObject({ newlyFailing: [], fixed: [], missing: [] });
  });
});

test("a build that fails before the runner leaves no report, and an old one is not believed", () => {
  const { directory, plan } = project({
    "package.json": '{"scripts":{"test":"false && node --test"}}',
    "a.test.js": "",
  });
  const result = runSuite(directory, plan);
  expect([verdict(result), failureText(result)]).toEqual(["broken", "no test report was written (exit code 1)"]);
});

test("any other command is judged by its exit code, and its last words say why", () => {
  const { directory, plan } = project({
    "package.json": '{"scripts":{"test":"node check.js"}}',
    "check.js": "console.log('1 of 2: wrong'); process.exit(3)",
  });
  const result = runSuite(directory, { ...plan, script: "node check.js" });
  expect([plan.runner, verdict(result), failureText(result)]).toEqual([
    "generic",
    "red",
    "the test command ended with 3; its output ends with:\n1 of 2: wrong",
  ]);
});
