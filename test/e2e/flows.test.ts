import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { machine, projectRoot, resultOf } from "../support/claw.ts";

const example = (name: string): string => join(projectRoot, "examples/flows", name);

const sum = (start: number): string => `export function sum(numbers) {
  let total = 0;
  for (let i = ${start}; i < numbers.length; i++) total += numbers[i];
  return total;
}
`;

test("the examples: a regression is found and a person asked before it is mended, and a batch tells how each line ended", async () => {
  const used = machine();
  onTestFinished(() => used.remove());
  const cwd = await used.repository("sum", {
    "package.json": JSON.stringify({ type: "module", scripts: { test: "node --test --test-isolation=none" } }),
    "sum.js": sum(0),
    "test/sum.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../sum.js";
test("sums all", () => assert.equal(sum([1, 2, 3]), 6));
`,
  });
  writeFileSync(join(cwd, "sum.js"), sum(1));
  await used.git(cwd, "commit", "--quiet", "--all", "--message=break it");

  const asked = await used.claw(["flow", "run", example("mend.yaml"), "--input", "reruns=2", "--json"], { cwd });
  expect(asked.code, asked.stderr).toBe(14);
  const { steps, reason } = resultOf(asked) as unknown as { steps: unknown[]; reason: string };
  expect(steps).toEqual([expect.objectContaining({ step: "look", outcome: "regression", usd: 0 })]);
  expect(reason).toBe("a person must approve: Mend the regressions? Failing tests: 1");

  writeFileSync(
    join(cwd, "bugs.jsonl"),
    '{"text":"sum leaves the first number out","repro":"test/sum.test.js"}\n{"txt":"a slip"}\n',
  );
  const batch = await used.claw(["flow", "run", example("batch.yaml"), "--input", "file=bugs.jsonl", "--json"], {
    cwd,
  });
  expect(batch.code, batch.stderr).toBe(2);
  expect(resultOf(batch)).toMatchObject({
    workflow: "flow",
    outcome: "usage",
    steps: [
      { step: "first[1]", outcome: "proven", run: expect.any(String) },
      { step: "first[2]", outcome: "usage", run: null },
      { step: "first", outcome: "usage" },
      { step: "rest", outcome: "skipped" },
    ],
  });
  expect(await used.git(cwd, "branch", "--list", "claw/*")).toContain("claw/sum-leaves-the-first-number-out");
});
