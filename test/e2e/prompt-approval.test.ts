import { expect, test } from "vitest";
import { resultOf } from "../support/claw.ts";
import { scene } from "../support/scene.ts";
import { sumRepository } from "../support/sum.ts";

test("where prompts must be approved, one that is not ends the run with exit 13 before any request, on record", async () => {
  const { fix, server, used, cwd } = await scene(undefined, {
    ...sumRepository,
    "claw.yaml": "require_approved_prompts: true\n",
  });
  const run = await fix();
  expect([run.code, server.requests.length]).toEqual([13, 0]);
  expect(resultOf(run)).toMatchObject({
    outcome: "blocked",
    reason: expect.stringContaining("nobody has approved system, "),
  });
  const answers = await used.claw(["audit", "answer", "--no-repository"], { cwd });
  expect(answers.stdout).toMatch(/claw\.lock of the base commit: system [0-9a-f]{12} by nobody/);
});
