import type { Outcome } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import { foldRun } from "./run.ts";

/** One paid attempt of a run: a reply, or a failure or loss that may have been billed. */
interface Charge {
  /** The day it was paid on, by UTC: "2026-11-21". */
  readonly day: string;
  /** What the server said answered; what was asked where nothing answered. */
  readonly model: string;
  /** Nano-dollars; null when the price is not known. */
  readonly nano: number | null;
  readonly replies: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface RunCosts {
  readonly workflow: string;
  readonly repository: string;
  /** Null while it is running, or when its process is gone. */
  readonly outcome: Outcome | null;
  readonly charges: readonly Charge[];
}

/** A reservation without an answer yet. */
interface Open {
  readonly nano: number | null;
  readonly at: number;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Everything a run paid for, one by one; their sum is the run's cost. */
export function costsOf(events: readonly Recorded[]): RunCosts {
  const { started, end } = foldRun(events);
  const asked = started?.model?.model ?? "no model";
  const charges: Charge[] = [];
  const open = new Map<string, Open>();
  const lose = (session: string, nano?: number): void => {
    const lost = open.get(session);
    if (!lost) return;
    open.delete(session);
    charges.push({
      day: dayOf(lost.at),
      model: asked,
      nano: nano ?? lost.nano,
      replies: 0,
      inputTokens: 0,
      outputTokens: 0,
    });
  };
  for (const event of events) {
    if (event.type === "model.requested") {
      lose(event.session);
      open.set(event.session, { nano: event.reserved, at: event.at });
    } else if (event.type === "model.failed") {
      if (event.billable) lose(event.session, event.cost);
      open.delete(event.session);
    } else if (event.type === "model.replied") {
      const { usage, cost, servedModel, session } = event;
      charges.push({
        day: dayOf(event.at),
        model: servedModel || asked,
        nano: cost,
        replies: 1,
        inputTokens: usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite,
        outputTokens: usage.outputVisible + usage.outputReasoning,
      });
      open.delete(session);
    }
  }
  for (const session of open.keys()) lose(session);
  const { workflow = "", repository = "" } = started ?? {};
  return { workflow, repository, outcome: end?.outcome ?? null, charges };
}

/** What charges are put together by. */
export const groupings = ["day", "repository", "model", "outcome"] as const;
export type Grouping = (typeof groupings)[number];

export interface CostRow {
  readonly name: string;
  readonly runs: number;
  readonly replies: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The priced part, in nano-dollars. */
  readonly nano: number;
  /** Something in it has no known price: the sum is a lower bound. */
  readonly unpriced: boolean;
}

const nothing = { runs: 0, replies: 0, inputTokens: 0, outputTokens: 0, nano: 0, unpriced: false };

function add(row: CostRow, charges: readonly Charge[]): CostRow {
  return charges.reduce(
    (sum, charge) => ({
      ...sum,
      replies: sum.replies + charge.replies,
      inputTokens: sum.inputTokens + charge.inputTokens,
      outputTokens: sum.outputTokens + charge.outputTokens,
      nano: sum.nano + (charge.nano ?? 0),
      unpriced: sum.unpriced || charge.nano === null,
    }),
    { ...row, runs: row.runs + 1 },
  );
}

/** Rows by name: days in order, everything else by cost, dearest first. A run counts in each row it paid in. */
export function groupCosts(runs: readonly RunCosts[], by: Grouping): readonly CostRow[] {
  const rows = new Map<string, CostRow>();
  for (const run of runs) {
    const own = by === "repository" ? run.repository : by === "outcome" ? (run.outcome ?? "unfinished") : null;
    const names = own === null ? new Set(run.charges.map((charge) => nameOf(charge, by))) : [own];
    for (const name of names) {
      const part = own === null ? run.charges.filter((charge) => nameOf(charge, by) === name) : run.charges;
      rows.set(name, add(rows.get(name) ?? { name, ...nothing }, part));
    }
  }
  const found = [...rows.values()];
  return by === "day"
    ? found.toSorted((a, b) => a.name.localeCompare(b.name))
    : found.toSorted((a, b) => b.nano - a.nano || a.name.localeCompare(b.name));
}

const nameOf = (charge: Charge, by: Grouping): string => (by === "day" ? charge.day : charge.model);

export interface CostTotal extends CostRow {
  readonly fixes: number;
  readonly proven: number;
  /** All that fixes cost, failed ones included, for each proven one; null without any, or where not all has a price. */
  readonly nanoPerProven: number | null;
}

export function totalCosts(runs: readonly RunCosts[]): CostTotal {
  const total = runs.reduce<CostRow>((sum, { charges }) => add(sum, charges), { name: "all", ...nothing });
  const fixes = runs.filter(({ workflow }) => workflow === "fix");
  const paid = fixes.reduce<CostRow>((sum, { charges }) => add(sum, charges), { name: "fix", ...nothing });
  const proven = fixes.filter(({ outcome }) => outcome === "proven").length;
  const known = proven > 0 && !paid.unpriced;
  return { ...total, fixes: fixes.length, proven, nanoPerProven: known ? Math.round(paid.nano / proven) : null };
}
