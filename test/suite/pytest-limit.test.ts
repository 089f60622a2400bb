import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { detectSuite } from "../../src/suite/detect.ts";
import { LIMIT_VARIABLE } from "../../src/suite/pytest-limit.ts";
import type { SuitePlan } from "../../src/suite/suite.ts";
import { directoryOf, runSuite } from "../support/run-suite.ts";

const hanging = `import pytest


@pytest.mark.parametrize("number", [1, 2, 3])
def test_ends(number):
    while number != 1:
        try:
            number = number or 1
        except Exception:
            pass


def test_afterwards():
    assert True
`;

test("in a suite with tests that never end, those fail and the others are still run", () => {
  const files = { "test_it.py": hanging, "pytest.ini": "[pytest]\naddopts = -p no:hypothesispytest\n" };
  const directory = directoryOf(files);
  try {
    const read = (path: string): string | undefined => Object.entries(files).find(([name]) => name === path)?.[1];
    const plan = detectSuite({ files: Object.keys(files), read })[0] as SuitePlan;
    const script = `${LIMIT_VARIABLE}="0.4 0.1" ${plan.script}`;
    const result = runSuite(directory, { ...plan, script, hangs: true });
    expect(result.tests.map(({ name, status }) => [name, status])).toEqual([
      ["test_ends[1]", "passed"],
      ["test_ends[2]", "failed"],
      ["test_ends[3]", "failed"],
      ["test_afterwards", "passed"],
    ]);
    expect(result.tests[1]?.message).toContain("stopped after 0.4 s");
    // Who has waited once does not wait as long again.
    expect(result.tests[2]?.message).toContain("stopped after 0.1 s");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
