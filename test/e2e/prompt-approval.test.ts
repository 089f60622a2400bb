import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { resultOf } from "../support/claw.ts";
import { scene } from "../support/scene.ts";
import { sumRepository } from "../support/shell-sum.ts";

test("where prompts must be approved, one that is not ends the run with exit 13 before any request, on record; a lock that cannot be read begins none", async () => {
  const { fix, server, used, cwd } = await scene(undefined, {
    ...sumRepository,
    "claw.yaml": `${sumRepository["claw.yaml"]}require_approved_prompts: true\n`,
  });
  const run = await fix();
  expect([run.code, server.requests.length]).toEqual([13, 0]);
  expect(resultOf(run)).toMatchObject({
    outcome: "blocked",
    reason: expect.stringContaining("nobody has approved system, "),
  });
  const answers = await used.claw(["audit", "answer", "--no-repository"], { cwd });
  expect(answers.stdout).toMatch(/claw\.lock of the base commit: system [0-9a-f]{12} by nobody/);

  // One that could be begun, and never go on, would be there for ever.
  writeFileSync(join(cwd, "claw.lock"), "version: 9\n");
  await used.git(cwd, "add", "claw.lock");
  await used.git(cwd, "commit", "-qm", "Break the lock");
  const broken = await fix();
  expect([
    broken.code,
    broken.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object),
  ]).toMatchObject([2, [{ type: "error", message: expect.stringContaining("claw.lock:1") }]]);
});
