import { type BudgetScope, budgetScopes, type BudgetsInDollars, nanoOf } from "../budgets.ts";
import type { Overdrawn } from "../errors.ts";
import type { Scope } from "../store/store.ts";

/** Limits in integer nano-dollars; null: counted, not limited. */
export type Budgets = Readonly<Record<BudgetScope, number | null>>;

export const noBudgets: Budgets = { run: null, day: null, repository: null, fleet: null };

export const budgetsOf = (given: BudgetsInDollars): Budgets => ({
  run: nanoOf(given.run),
  day: nanoOf(given.day),
  repository: nanoOf(given.repository),
  fleet: nanoOf(given.fleet),
});

const smaller = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/** The smaller of two limits holds, in every scope: nobody widens what another grants. */
export const narrowBudgets = (one: Budgets, other: Budgets): Budgets => ({
  run: smaller(one.run, other.run),
  day: smaller(one.day, other.day),
  repository: smaller(one.repository, other.repository),
  fleet: smaller(one.fleet, other.fleet),
});

interface Charged {
  readonly run: string;
  /** Root of the user's working tree. */
  readonly repository: string;
  /** Milliseconds since the epoch. A request stays in the day in which it was sent. */
  readonly at: number;
}

/** The accounts one request is charged to. */
export function scopesOf(budgets: Budgets, { run, repository, at }: Charged): readonly Scope[] {
  const day = new Date(at).toISOString().slice(0, 10);
  return [
    { scope: `run:${run}`, limit: budgets.run },
    { scope: `day:${day}`, limit: budgets.day },
    { scope: `repository:${day}:${repository}`, limit: budgets.repository },
    { scope: `fleet:${day.slice(0, 7)}`, limit: budgets.fleet },
  ];
}

/** Which budget an account belongs to. */
export function budgetOfScope(scope: string): BudgetScope {
  const name = scope.split(":", 1)[0];
  return budgetScopes.find((known) => known === name) ?? "run";
}

const dollars = (nano: number): string => `$${(nano / 1e9).toFixed(4)}`;

const whose: Readonly<Record<BudgetScope, (rest: string) => string>> = {
  run: () => "this run",
  day: (day) => `all runs of ${day} (UTC)`,
  repository: (rest) => `this repository on ${rest.slice(0, 10)} (UTC)`,
  fleet: (month) => `all runs of ${month} (UTC)`,
};

/** What is in the way, in one sentence: which budget, how much of it is gone, what was asked for. */
export function overdrawnText({ scope, limit, spent, reserved, asked }: Overdrawn): string {
  const kind = budgetOfScope(scope);
  const held = reserved > 0 ? ` and ${dollars(reserved)} reserved by requests on the way` : "";
  const next = asked > 0 ? `; the next request may cost up to ${dollars(asked)}` : "";
  const of = whose[kind](scope.slice(kind.length + 1));
  return `the ${kind} budget of ${dollars(limit)} for ${of} has ${dollars(spent)} spent${held}${next}`;
}

/** What to do about a limit that was reached. */
export const budgetHints: Readonly<Record<BudgetScope | "turns" | "tokens" | "context", string>> = {
  run: "raise --budget-usd (or budgets.run in config.yaml), or give the issue more detail",
  day: "wait until midnight UTC, or raise budgets.day in config.yaml; see what was spent: claw cost",
  repository:
    "wait until midnight UTC, or raise budgets.repository in config.yaml (or claw.yaml); see what was spent: claw cost --by repository",
  fleet: "wait for the next month, or raise budgets.fleet in config.yaml; see what was spent: claw cost",
  turns: "raise --max-turns, or give the issue more detail",
  tokens: "raise --max-tokens, or give the issue more detail",
  context: "choose a --model with a larger context, or have its server give it more: claw models serve-check",
};
