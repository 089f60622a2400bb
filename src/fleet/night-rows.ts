import { exitCodes, type Outcome } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { NightRow } from "../reports/night.ts";
import { type Result, resultOf } from "../reports/result.ts";
import type { NightResult } from "./night.ts";

/** What became of each work, as its run tells it. */
export const nightRows = (ledger: Ledger, results: readonly NightResult[]): Promise<readonly NightRow[]> =>
  Promise.all(results.map((result) => rowOf(ledger, result)));

async function rowOf(ledger: Ledger, { work, attempt, left }: NightResult): Promise<NightRow> {
  const { kind, title, source, task } = work;
  const run = attempt?.run ?? null;
  const facts = run === null ? null : resultOf({ ...(await ledger.read(run)), active: await ledger.active(run) });
  const outcome = known(facts?.outcome ?? attempt?.outcome ?? null);
  const state = stateOf(facts, left, attempt !== null);
  return {
    kind,
    title,
    source,
    task,
    run,
    state,
    outcome,
    reason: left ?? facts?.reason ?? attempt?.reason ?? "",
    next: nextStep(state, run, facts) || (attempt?.run === null ? attempt.hint : ""),
    usd: facts === null ? 0 : facts.spend.usd,
    ms: facts === null ? 0 : facts.stages.reduce((sum, { ms }) => sum + ms, 0),
    pullRequest: facts?.pullRequest ?? null,
    branch: facts?.branch ?? null,
    level: facts?.evidenceLevel?.level ?? null,
  };
}

const known = (outcome: string | null): Outcome | null =>
  outcome !== null && outcome in exitCodes ? (outcome as Outcome) : null;

function stateOf(facts: Result | null, left: string | null, tried: boolean): NightRow["state"] {
  if (facts?.outcome === "waiting") return "waiting";
  if (facts?.resumable) return "parked";
  return left !== null && !tried ? "left" : facts === null && left !== null ? "parked" : "ended";
}

/** The command to type, where there is one. */
function nextStep(state: NightRow["state"], run: string | null, facts: Result | null): string {
  if (run === null || facts === null) return "";
  if (state === "waiting") return `claw diff ${run}, then: claw approve ${run} && claw resume ${run}`;
  if (state === "parked") return `claw resume ${run}, or the next claw nightly`;
  if (facts.outcome === "proven") return facts.pullRequest === null ? `claw publish ${run}` : "";
  return `claw show ${run}`;
}
