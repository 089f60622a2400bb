import { ClawError, exitCodes, type Outcome } from "../../errors.ts";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { regressionIssue, type Regression, regressionsIn, type TriedFix } from "../../reports/triage-fixes.ts";
import type { JudgedFailure } from "../../reports/triage-rows.ts";
import { foldSpend, shownCost } from "../../views/spend.ts";
import { isTestPath } from "../../suite/test-paths.ts";
import { foldRun } from "../../views/run.ts";
import type { FinishedRun, StartRequest, Watch } from "../../workflows/start.ts";
import type { CommandDesk } from "../command.ts";
import { chooseEngine, type EngineChoice } from "../engine-choice.ts";
import { fixLimits } from "../fix-limits.ts";
import { readRun } from "../run-id.ts";
import { watchRun } from "../watch-run.ts";
import { earlierFix, type Shown } from "./earlier-fix.ts";
import { keepMend, type WantedFlags, wantedMend } from "./wanted-tasks.ts";

/** How fixes are to be made; money is for all of them together, in US dollars. */
export interface FixWish {
  readonly engine?: EngineChoice["engine"] | undefined;
  readonly model?: string | undefined;
  readonly budgetUsd?: number | undefined;
  readonly testCommand?: string | undefined;
  readonly json: boolean;
  readonly yes: boolean;
}

/** The triage whose regressions are to be fixed. */
export interface Triaged {
  readonly run: string;
  readonly head: string;
  /** The repository's root, as the run has it on record. */
  readonly repository: string;
  readonly failures: readonly JudgedFailure[];
  /** The test command where only its exit code speaks, so that it can only be mended as a whole; else null. */
  readonly whole: string | null;
}

/** What was tried, and the exit code of an interruption, if there was one. */
export interface Fixes {
  readonly tried: readonly TriedFix[];
  readonly interrupted: number | null;
}

/** Ends that the next fix would meet as well. */
const hopeless: ReadonlySet<Outcome> = new Set<Outcome>([
  "usage",
  "model-unavailable",
  "sandbox-unavailable",
  "infrastructure",
]);

interface Budget {
  usdNano: number | null;
  tokens: number;
}

/**
 * A task and a fix run for each regression, one after the other, each with the failing test itself as its reproduction. What
 * an earlier process began for the same triage is gone on with, and what ended is not done again.
 */
export async function fixRegressions(triaged: Triaged, wish: FixWish, desk: CommandDesk): Promise<Fixes> {
  const { config } = await desk.app();
  const engine = chooseEngine(wish, config);
  const { usdNano, tokens } = fixLimits(wish, config.user);
  const left: Budget = { usdNano, tokens };
  const tried: TriedFix[] = [];
  let stop: string | null = null;
  if (engine.because !== null && triaged.failures.some(({ verdict }) => verdict === "regression"))
    desk.err(engine.because);
  for (const regression of regressionsIn(triaged.failures, triaged.whole === null)) {
    const parts = { wish, engine, left, desk };
    const earlier = await earlierFix(await (await desk.app()).ledger(), triaged.run, shownBy(triaged, regression));
    const wanted = wantedMend(regression, { ...triaged, flags: flagsOf(triaged, regression, wish) });
    const told = (task: string, end: Pick<TriedFix, "run" | "outcome" | "reason">) =>
      ended(regression, { ...end, task });
    const past = earlier && pastEnd(earlier);
    if (past) {
      await charge(left, past.run, desk);
      tried.push(told(past.task ?? "", past));
      continue;
    }
    const task = await keepMend(wanted, triaged.repository, desk);
    const why = earlier ? null : (stop ?? notPossible(triaged, regression, left));
    if (why !== null) {
      tried.push(told(task, { run: null, outcome: "not-tried", reason: why }));
      continue;
    }
    const end = await fixOne(parts, earlier, async () => ({
      ...(await requestFor(triaged, regression, parts)),
      wanted,
    }));
    tried.push(told(task, end));
    if (end.outcome === "interrupted") return { tried, interrupted: end.code };
    if (hopeless.has(end.outcome)) stop = `the fix before it ended with ${end.outcome}`;
  }
  return { tried, interrupted: null };
}

/** How a fix of an earlier process ended, or waits for a person's decision; null where it goes on. */
function pastEnd({ run, events }: RunRecord): (Pick<TriedFix, "run" | "outcome" | "reason"> & Past) | null {
  const { status, end, started } = foldRun(events);
  if (!end || (status !== "ended" && end.outcome !== "waiting")) return null;
  return { run, outcome: end.outcome, reason: end.reason, task: started?.task };
}

interface Past {
  readonly run: string;
  readonly task: string | undefined;
}

/** Is a fix of this triage still to be begun, or to be gone on with? */
export async function fixesLeft(triaged: Triaged, ledger: Ledger): Promise<boolean> {
  for (const regression of regressionsIn(triaged.failures, triaged.whole === null)) {
    const earlier = await earlierFix(ledger, triaged.run, shownBy(triaged, regression));
    if (earlier === null || pastEnd(earlier) === null) return true;
  }
  return false;
}

/** What a fix's reproduction is, and which of its tests show the bug. */
export const shownBy = ({ whole }: Triaged, { file, shown }: Regression): Shown => ({
  repro: whole ?? file,
  only:
    whole !== null
      ? []
      : shown.map(({ kind, titles }) => ({ kind: kind === "file" ? "file" : "test", titles: [...titles] })),
});

/** How whoever works on the task later would have to type it. */
function flagsOf(triaged: Triaged, regression: Regression, { engine, model, testCommand }: FixWish): WantedFlags {
  const { repro } = shownBy(triaged, regression);
  const flags = { repro, engine, model, testCommand };
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (value == null ? [] : [[name, value] as const])),
  );
}

/** Why no fix can be tried; null where one can. Money and tokens are what is left. */
export function notPossible(
  { whole, failures }: Triaged,
  { file }: Regression,
  { usdNano, tokens }: Budget,
): string | null {
  if (whole !== null && failures.some(({ verdict }) => verdict !== "regression"))
    return `${whole} is judged as a whole, and in it also fails what is no regression`;
  if (whole === null && file === null)
    return 'the test\'s file is not known: claw fix "what is wrong" --repro <command>';
  // As Rust has its unit tests: the file of a reproduction is frozen, and the fault is in it.
  if (whole === null && file !== null && file.endsWith(".rs") && !isTestPath(file))
    return `the test stands in ${file} itself, beside what it tests, and a reproduction's file may not change: write one in a file of its own, then claw fix --repro <file>`;
  const spent = (usdNano !== null && usdNano < 10_000_000) || tokens < 1;
  return spent ? "the budget is used up: --budget-usd" : null;
}

const ended = (
  { file, shown, others }: Regression,
  { task, run, outcome, reason }: Omit<TriedFix, "tests" | "file">,
): TriedFix => ({ tests: [...shown, ...others].map(({ test }) => test), file, task, run, outcome, reason });

interface Parts {
  readonly wish: FixWish;
  readonly engine: EngineChoice;
  readonly left: Budget;
  readonly desk: CommandDesk;
}

interface End {
  readonly run: string | null;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly code: number;
}

/** Begins a fix, or goes on with the one that is there. */
async function fixOne(
  { wish, left, desk }: Parts,
  earlier: RunRecord | null,
  request: () => Promise<Omit<StartRequest, keyof Watch>>,
): Promise<End> {
  let run: string | null = null;
  let finished: FinishedRun | null = null;
  try {
    const code = await watchRun(desk, { ...wish, past: earlier?.events ?? [] }, async (app, watch) => {
      const onStart = (started: string): void => watch.onStart?.((run = started));
      const watched = { ...watch, onStart };
      return (finished = earlier
        ? await app.resume(earlier.run, watched)
        : await app.start({ ...watched, ...(await request()) }));
    });
    const { outcome, reason } = finished ?? { outcome: "interrupted" as const, reason: "" };
    return { run, outcome, reason, code };
  } catch (error) {
    if (!(error instanceof ClawError)) throw error;
    return { run, outcome: error.outcome, reason: error.message, code: exitCodes[error.outcome] };
  } finally {
    if (run !== null) await charge(left, run, desk);
  }
}

async function requestFor(triaged: Triaged, regression: Regression, { wish, engine, left, desk }: Parts) {
  const { run, head, repository } = triaged;
  const { config } = await desk.app();
  const { fix: workflow } = await import("../../workflows/fix/fix.ts");
  return {
    workflow,
    parent: run,
    cwd: config.user.fleet.repositories[repository] ?? repository,
    baseRef: head,
    model: engine.model,
    limits: { ...fixLimits(wish, config.user), ...left },
    tokenCap: config.user.budget.tokens !== undefined,
    input: (put: (body: string) => string) => ({
      source: `claw triage ${run}`,
      text: put(regressionIssue(regression)),
      testCommand: wish.testCommand ?? null,
      ...shownBy(triaged, regression),
      engine: engine.engine,
    }),
  };
}

/** What a run used of what is there for all. Where nobody knows what it cost, nothing is left. */
async function charge(left: Budget, run: string, desk: CommandDesk): Promise<void> {
  const { events } = await readRun(await (await desk.app()).ledger(), run);
  const spend = foldSpend(events);
  const cost = shownCost(spend);
  if (left.usdNano !== null) left.usdNano -= cost ?? left.usdNano;
  left.tokens -= spend.inputTokens + spend.outputTokens;
}
