import { failureText } from "../../suite/failure-text.ts";
import { compareResults } from "../../suite/compare.ts";
import type { SuiteResult } from "../../suite/suite.ts";
import type { Regressions } from "../../gates/gate.ts";
import { recordedSuites, runSuite, type SuiteRun } from "../suite-run.ts";
import type { WorkDesk } from "../workflow.ts";
import { judgeChange, takeChange, type TakenChange } from "./change.ts";
import type { Baseline, Reproduction } from "./input.ts";
import type { Setup } from "./setup.ts";

/** The most that is said of tests that newly fail, in characters, the gate's reason included. */
const MAX_FINDINGS = 1500;

export interface Bases {
  readonly setup: Setup;
  readonly baseline: Baseline;
  readonly baseResult: SuiteResult;
  readonly reproduction: Reproduction;
}

export type Checked =
  | { readonly holds: true; readonly taken: TakenChange; readonly asks: readonly string[] }
  | {
      readonly holds: false;
      /** A gate said no, rather than a test. */
      readonly refused: boolean;
      /** It said no to what was changed, whatever the tests say of it. */
      readonly forbidden?: true;
      /** There is no change at all. */
      readonly unchanged?: true;
      readonly why: string;
    };

/**
 * claw's own check of a tree, in clean checkouts: the reproduction passes, no test is newly failing, no gate blocks.
 * Cheapest questions first. What is already on record for this very tree is not run again.
 */
export async function checkTree(desk: WorkDesk, bases: Bases, tree: string): Promise<Checked> {
  const { setup, reproduction } = bases;
  const no = (why: string, refused = false): Checked => ({ holds: false, refused, why });
  const early = await takeChange(desk, reproduction, tree, null);
  if (early.diff.files.length === 0)
    return { holds: false, refused: false, unchanged: true, why: "nothing was changed" };
  const first = await judgeChange(desk, early);
  if (first.worst === "block") return { holds: false, refused: true, forbidden: true, why: first.reasons.join("\n") };

  const bench = { plan: reproduction.plan, dependencies: setup.dependencies };
  const green = await runSuite(desk, bench, { purpose: "green-on-head", tree, files: reproduction.files });
  const missing = stillFailing(green.result, reproduction);
  if (missing) return no(`the reproduction does not pass in a clean checkout:\n${missing}`);

  const suite = await runWholeSuite(desk, bases, tree);
  if (suite.fact.verdict === "broken")
    return no(`the test suite can no longer be judged: ${failureText(suite.result)}`);
  const comparison = await regressionsOn(desk, bases, tree);
  const taken = await takeChange(desk, reproduction, tree, comparison);
  const last = await judgeChange(desk, taken);
  if (last.worst !== "block") return { holds: true, taken, asks: last.reasons };
  const reasons = last.reasons.join("\n");
  const room = Math.max(MAX_FINDINGS / 2, MAX_FINDINGS - reasons.length - 1);
  return no(`${reasons}\n${failureText(suite.result, room, comparison?.newlyFailing ?? null)}`, true);
}

/** Null when every test that shows the bug passes now; otherwise what is still wrong. */
export function stillFailing(result: SuiteResult, { failing }: Reproduction): string | null {
  if (!result.structured) return result.exitCode === 0 && result.killed === null ? null : failureText(result);
  const passed = new Set(result.tests.filter(({ status }) => status === "passed").map(({ id }) => id));
  return failing.every((id) => passed.has(id)) ? null : failureText(result);
}

/** The whole suite on a tree, unless that is on record. When tests newly fail it runs once more: a flaky test fails once. */
async function runWholeSuite(desk: WorkDesk, { setup, baseline, baseResult }: Bases, tree: string): Promise<SuiteRun> {
  const bench = { plan: baseline.plan, dependencies: setup.dependencies };
  const request = { purpose: "suite-on-head", tree, files: [] };
  const [known] = await recordedSuites(desk, { ...request, plan: baseline.plan });
  if (known) return known;
  const first = await runSuite(desk, bench, request);
  if (compareResults(baseResult, first.result).newlyFailing.length === 0) return first;
  return runSuite(desk, bench, { ...request, purpose: "suite-again" });
}

/** What got worse on a tree, from every execution of its suite on record: newly failing is what failed each time. */
export async function regressionsOn(
  desk: WorkDesk,
  { baseline, baseResult }: Pick<Bases, "baseline" | "baseResult">,
  tree: string,
): Promise<Regressions | null> {
  const runs = await recordedSuites(desk, { tree, files: [], plan: baseline.plan });
  const compared = runs.map(({ result }) => compareResults(baseResult, result));
  const [first] = compared;
  if (!first) return null;
  const everyTime = (id: string): boolean => compared.every(({ newlyFailing }) => newlyFailing.includes(id));
  return { ...first, newlyFailing: first.newlyFailing.filter(everyTime) };
}
