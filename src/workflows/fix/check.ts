import { failureText } from "../../suite/failure-text.ts";
import { type Comparison, compareResults } from "../../suite/compare.ts";
import { brokenBecause, type SuiteResult } from "../../suite/suite.ts";
import { recordedSuite, runSuite, type SuiteRun } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { judgeChange, takeChange, type TakenChange } from "./change.ts";
import type { Baseline, Reproduction } from "./input.ts";
import type { Setup } from "./setup.ts";

export interface Bases {
  readonly setup: Setup;
  readonly baseline: Baseline;
  readonly baseResult: SuiteResult;
  readonly reproduction: Reproduction;
}

export type Checked =
  | { readonly holds: true; readonly taken: TakenChange; readonly comparison: Comparison }
  | { readonly holds: false; readonly why: string };

/**
 * claw's own check of a tree, in clean checkouts: the reproduction passes, no test is newly failing, no gate blocks.
 * Cheapest questions first. What is already on record for this very tree is not run again.
 */
export async function checkTree(desk: WorkDesk, bases: Bases, tree: string): Promise<Checked> {
  const { setup, baseline, reproduction, baseResult } = bases;
  const no = (why: string): Checked => ({ holds: false, why });
  const early = await takeChange(desk, reproduction, tree, null);
  if (early.diff.files.length === 0) return no("nothing was changed");
  const first = await judgeChange(desk, early);
  if (first.worst === "block") return no(first.reasons.join("\n"));

  const bench = { plan: reproduction.plan, dependencies: setup.dependencies };
  const green = await runSuite(desk, bench, { purpose: "green-on-head", tree, files: reproduction.files });
  const missing = stillFailing(green.result, reproduction);
  if (missing) return no(`the reproduction does not pass in a clean checkout:\n${missing}`);

  const suite = await wholeSuite(desk, { plan: baseline.plan, dependencies: setup.dependencies }, tree);
  if (suite.fact.verdict === "broken") return no(`the test suite can no longer be judged: ${brokenBecause(suite.result)}`);
  const comparison = await withoutFlakes(desk, bases, tree, compareResults(baseResult, suite.result));
  const taken = await takeChange(desk, reproduction, tree, comparison);
  const last = await judgeChange(desk, taken);
  if (last.worst === "block") return no(`${last.reasons.join("\n")}\n${failureText(suite.result)}`);
  return { holds: true, taken, comparison };
}

/** Null when every test that shows the bug passes now; otherwise what is still wrong. */
export function stillFailing(result: SuiteResult, { failing }: Reproduction): string | null {
  if (!result.structured) return result.exitCode === 0 && result.killed === null ? null : failureText(result);
  const passed = new Set(result.tests.filter(({ status }) => status === "passed").map(({ id }) => id));
  return failing.every((id) => passed.has(id)) ? null : failureText(result);
}

async function wholeSuite(desk: WorkDesk, bench: Parameters<typeof runSuite>[1], tree: string): Promise<SuiteRun> {
  return (await recordedSuite(desk, { tree, files: [] })) ?? runSuite(desk, bench, { purpose: "suite-on-head", tree, files: [] });
}

/** A test that fails once and passes on the same tree is flaky, not broken by the patch. One more execution tells. */
async function withoutFlakes(desk: WorkDesk, { setup, baseline, baseResult }: Bases, tree: string, comparison: Comparison): Promise<Comparison> {
  if (comparison.newlyFailing.length === 0) return comparison;
  const again = await runSuite(desk, { plan: baseline.plan, dependencies: setup.dependencies }, { purpose: "suite-again", tree, files: [] });
  const twice = new Set(compareResults(baseResult, again.result).newlyFailing);
  return { ...comparison, newlyFailing: comparison.newlyFailing.filter((id) => twice.has(id)) };
}
