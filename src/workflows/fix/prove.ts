import { z } from "zod";
import { verdict } from "../../suite/suite.ts";
import { ofType } from "../../views/run.ts";
import { withCheckout } from "../checkouts.ts";
import { openSuiteRoom, recordedSuites, runSuiteIn } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { type Bases, regressionsOn, stillFailing } from "./check.ts";
import type { Patch } from "./input.ts";

export const Proof = z.object({
  holds: z.boolean(),
  /** One line per requirement: what was asked, and what the executions said. */
  findings: z.array(z.object({ claim: z.string(), holds: z.boolean(), facts: z.array(z.int()) })),
});
export type Proof = z.infer<typeof Proof>;

/**
 * The proof, by claw alone, in clean checkouts: the test is red on the base, green with the patch, red again in that same
 * checkout once the patch is taken out, and the suite shows nothing newly failing. Executions of the very same trees that
 * the check made are cited, not repeated; green and red-again are always seen here.
 */
export async function prove(desk: WorkDesk, bases: Bases, patch: Patch): Promise<Proof> {
  const { reproduction, setup } = bases;
  const bench = { plan: reproduction.plan, dependencies: setup.dependencies };
  const { files } = reproduction;
  const reds = ofType(desk.log.events, "suite.ran").filter(
    ({ purpose, tree, verdict: said }) => purpose === "red-on-base" && tree === reproduction.tree && said === "red",
  );

  const there = { purpose: "green-on-head", tree: patch.tree, files };
  const back = { purpose: "red-reverted", tree: reproduction.tree, files };
  const { green, red } = await withCheckout(desk, patch.tree, async (dir) => {
    const room = await openSuiteRoom(desk, bench, there, dir);
    try {
      const green = await runSuiteIn(desk, bench, there, room);
      await desk.clone.update(dir, patch.tree, reproduction.tree);
      await room.sandbox.handOver();
      return { green, red: await runSuiteIn(desk, bench, back, room) };
    } finally {
      await room.close();
    }
  });
  const suites = await recordedSuites(desk, { tree: patch.tree, files: [], plan: bases.baseline.plan });
  const worse = await regressionsOn(desk, bases, patch.tree);

  const findings = [
    { claim: "the test fails on the base", holds: reds.length > 0, facts: reds.map(({ seq }) => seq) },
    {
      claim: "the test passes with the patch",
      holds: stillFailing(green.result, reproduction) === null,
      facts: [green.fact.seq],
    },
    {
      claim: "the test fails again without the patch",
      holds: verdict(red.result) === "red" && sameFailures(red.result, reproduction.failing),
      facts: [red.fact.seq],
    },
    {
      claim: "no test is newly failing",
      holds: worse?.newlyFailing.length === 0,
      facts: suites.map(({ fact }) => fact.seq),
    },
  ];
  return { holds: findings.every(({ holds }) => holds), findings };
}

/** Every test that showed the bug shows it again. */
function sameFailures(
  result: { readonly tests: readonly { readonly id: string; readonly status: string }[] },
  failing: readonly string[],
): boolean {
  const failed = new Set(result.tests.filter(({ status }) => status === "failed").map(({ id }) => id));
  return failing.every((id) => failed.has(id));
}
