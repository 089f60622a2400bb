import { describe, expect, test } from "vitest";
import { configFilesToRead, detectSuite, planFromCommand, type Tree } from "../../src/suite/detect.ts";

const tree = (files: Record<string, string>): Tree => ({ files: Object.keys(files), read: (path) => files[path] });
const withScripts = (scripts: Record<string, string>, more: Record<string, unknown> = {}): Tree =>
  tree({ "package.json": JSON.stringify({ scripts, ...more }) });
const best = (from: Tree): Record<string, unknown> | undefined => {
  const [plan] = detectSuite(from);
  return plan && { runner: plan.runner, script: plan.script, source: plan.source, leftOut: plan.leftOut };
};

describe("the test script of a package.json leads to its runner", () => {
  test.each([
    ["vitest run", "vitest", "vitest run", []],
    ["vitest", "vitest", "vitest", []],
    ["jest --coverage", "jest", "jest --coverage", []],
    ["mocha --exit 'test/**/*.js'", "mocha", "mocha --exit 'test/**/*.js'", []],
    ["node --test", "node-test", "node --test", []],
    ["node --import tsx --test test/*.test.ts", "node-test", "node --import tsx --test test/*.test.ts", []],
    [
      "node --experimental-vm-modules node_modules/jest/bin/jest.js",
      "jest",
      "node --experimental-vm-modules node_modules/jest/bin/jest.js",
      [],
    ],
    ["cross-env NODE_ENV=test TZ=UTC vitest run", "vitest", "NODE_ENV=test TZ=UTC vitest run", []],
    ["NODE_OPTIONS='--no-warnings --x' jest", "jest", "NODE_OPTIONS='--no-warnings --x' jest", []],
    ["c8 --reporter lcov mocha", "mocha", "mocha", []],
    ["nyc --reporter=text cross-env A=1 mocha -r esm", "mocha", "A=1 mocha -r esm", []],
    ["npx --no-install vitest run", "vitest", "vitest run", []],
    ["tsc -p . && vitest run", "vitest", "tsc -p . && vitest run", []],
    [
      "eslint . && prettier --check . && vitest run && tsd",
      "vitest",
      "vitest run",
      ["eslint .", "prettier --check .", "tsd"],
    ],
    ["tsc --noEmit; node --test", "node-test", "node --test", ["tsc --noEmit"]],
    ["react-scripts test", "jest", "react-scripts test", []],
    ["dotenv -e .env.test -- vitest run", "vitest", "dotenv -e .env.test -- vitest run", []],
    ["poetry run pytest -q", "pytest", "pytest -q", []],
    ["coverage run -m pytest tests", "pytest", "pytest tests", []],
  ])("%s", (script, runner, resolved, leftOut) => {
    expect(best(withScripts({ test: script }))).toEqual({
      runner,
      script: resolved,
      source: "package.json scripts.test",
      leftOut,
    });
  });

  test.each([
    ["ava"],
    ["tap test/*.js"],
    ["node test/run.js"],
    ["turbo run test"],
    ["vitest bench"],
    ["bun test"],
    ["(cd a && vitest)"],
    ["vitest 'open"],
  ])("%s is run as it is and judged by its exit code", (script) => {
    expect(best(withScripts({ test: script }))).toMatchObject({ runner: "generic", script: "npm test" });
  });

  test("scripts that call scripts are spelled out, with pre scripts and further arguments", () => {
    const scripts = {
      pretest: "npm run build",
      build: "tsc -p .",
      test: "npm run lint && npm run unit -- --retry=2",
      lint: "eslint .",
      unit: "vitest run",
    };
    expect(best(withScripts(scripts))).toMatchObject({
      runner: "vitest",
      script: "tsc -p . && vitest run --retry=2",
      leftOut: ["eslint ."],
    });
  });

  test("scripts that call each other for ever do not hang", () => {
    expect(best(withScripts({ test: "npm run a", a: "npm test" }))).toMatchObject({ runner: "generic" });
  });

  test("npm's placeholder is not a test suite", () => {
    expect(detectSuite(withScripts({ test: 'echo "Error: no test specified" && exit 1' }))).toEqual([]);
  });

  test("a runner behind another script name is found after the test script", () => {
    const plans = detectSuite(
      withScripts({ test: "turbo run test", "test:unit": "vitest run", "test:watch": "vitest --watch" }),
    );
    expect(plans.map((plan) => [plan.runner, plan.source])).toEqual([
      ["vitest", "package.json scripts.test:unit"],
      ["generic", "package.json scripts.test"],
    ]);
  });
});

describe("without a script, files say which runner", () => {
  test.each([
    [{ "package.json": "{}", "vitest.config.mts": "" }, "vitest", "vitest.config.mts"],
    [{ "package.json": '{"devDependencies":{"vitest":"1"}}' }, "vitest", "package.json dependencies.vitest"],
    [{ "package.json": '{"jest":{}}' }, "jest", "package.json jest"],
    [{ "package.json": "{}", ".mocharc.yml": "" }, "mocha", ".mocharc.yml"],
    [{ "package.json": "{}", "test/a.test.js": "" }, "node-test", "test/a.test.js"],
    [{ "pytest.ini": "[pytest]" }, "pytest", "pytest.ini"],
    [{ "pyproject.toml": '[project]\n[tool.pytest.ini_options]\naddopts = "-q"' }, "pytest", "pyproject.toml"],
    [{ "setup.cfg": "[tool:pytest]" }, "pytest", "setup.cfg"],
    [{ "src/a.py": "", "tests/test_a.py": "" }, "pytest", "tests/test_a.py"],
  ])("%j", (files, runner, source) => {
    expect(best(tree(files as Record<string, string>))).toMatchObject({ runner, source });
  });

  test("nothing suggests tests: no plan", () => {
    expect(detectSuite(tree({ "README.md": "", "src/a.py": "", "package.json": "not json" }))).toEqual([]);
  });

  test("coverage switched on by pytest's configuration is switched off", () => {
    const [plan] = detectSuite(tree({ "pytest.ini": "[pytest]\naddopts = --cov=src --cov-fail-under=90" }));
    expect(plan?.flags).toEqual(["--no-cov"]);
  });
});

test("only a few files are asked for", () => {
  expect(configFilesToRead(["package.json", "src/a.ts", "a/package.json", "tox.ini"])).toEqual([
    "package.json",
    "tox.ini",
  ]);
});

describe("a command given by a person is recognised", () => {
  const project = withScripts({ test: "vitest run" });
  test.each([
    ["npm test", "vitest", "vitest run"],
    ["npm test -- --retry=1", "vitest", "vitest run --retry=1"],
    ["yarn test", "vitest", "vitest run"],
    ["npx vitest run src", "vitest", "vitest run src"],
    ["python -m pytest -q", "pytest", "python -m pytest -q"],
    [".venv/bin/pytest", "pytest", ".venv/bin/pytest"],
    ["make check", "generic", "make check"],
  ])("%s", (command, runner, script) => {
    expect(planFromCommand(command, "--test-command", project)).toMatchObject({
      runner,
      script,
      shell: command,
      source: "--test-command",
    });
  });
});
