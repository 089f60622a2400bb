import type { EventOf, Recorded } from "../ledger/events.ts";
import { foldRun, latest, ofType } from "./run.ts";
import { committed, foldSpend } from "./spend.ts";
import { kindOfTask, type TaskKind } from "./task-kind.ts";

/** One attempt of a model at a fix: did the proof hold, and what did it cost. */
export interface Attempt {
  readonly model: string;
  readonly solved: boolean;
  /** Where, and at what. */
  readonly repository: string;
  readonly kind: TaskKind;
  /** Nano-dollars; null where the run moved on, so that its cost is not one model's. */
  readonly nano: number | null;
}

/** What a finished fix says about the models it was tried with: one that it moved on from did not solve it. */
export function attemptsOf(events: readonly Recorded[]): readonly Attempt[] {
  const { started, end } = foldRun(events);
  if (started?.workflow !== "fix" || !started.model || !end || !judged.includes(end.outcome)) return [];
  const moves = ofType(events, "tier.moved");
  const nano = moves.length === 0 ? committed(foldSpend(events)) : null;
  const solved = end.outcome === "proven";
  const last = moves.at(-1)?.to ?? started.model.label;
  const place = { repository: started.repository, kind: kindOfTask(titleOf(events)) };
  return [
    // A server that was lost says nothing about its model.
    ...moves.filter(({ lost }) => !lost).map(({ from }) => ({ ...place, model: from, solved: false, nano: null })),
    { ...place, model: last, solved, nano },
  ];
}

/** The title of a run's task, by its first stage; empty before that. */
function titleOf(events: readonly Recorded[]): string {
  const intake = ofType(events, "stage.finished").find(({ stage }) => stage === "intake")?.output;
  const title = typeof intake === "object" && intake !== null && !Array.isArray(intake) ? intake["title"] : "";
  return typeof title === "string" ? title : "";
}

/** Outcomes that say something about the model, and not about the machine or the budget. */
const judged: readonly string[] = ["proven", "unproven", "no-patch", "stuck", "blocked", "waiting"];

export type RankedTier = EventOf<"tiers.ordered">["tiers"][number];

/** What is believed of a model before it was tried, worth so many runs. */
const PRIOR_RUNS = 5;
const PRIOR_CHANCE = 0.6;

/** Where a task is, and what kind of work. */
export type TaskPlace = Pick<Attempt, "repository" | "kind">;
/** Fewer attempts than this do not let a model be passed over. */
const ENOUGH = 20;

/**
 * Models in the order they are tried: as the user lists them, except that one with enough attempts here goes behind a later
 * one whose expected cost for each solved issue is lower: mean cost ÷ chance of success, by this installation's own runs.
 */
export function orderTiers(
  models: readonly string[],
  attempts: readonly Attempt[],
  place?: TaskPlace,
): readonly RankedTier[] {
  const order = models.map((model) => ranked(model, attempts, place));
  for (let settled = false; !settled;) {
    settled = true;
    for (const [index, tier] of order.entries()) {
      const later = order[index + 1];
      if (!later || tier.runs < ENOUGH || tier.score === null || later.score === null) continue;
      if (later.score >= tier.score) continue;
      order.splice(index, 2, later, tier);
      settled = false;
    }
  }
  return order;
}

/** The mean of a Beta posterior whose prior is worth PRIOR_RUNS runs. */
const updated = (prior: number, attempts: readonly Attempt[]): number =>
  (PRIOR_RUNS * prior + attempts.filter(({ solved }) => solved).length) / (PRIOR_RUNS + attempts.length);

/**
 * The chance that a model solves a task: what this kind of work in this repository says, shrunk towards what other work in
 * it says, that towards what other repositories say, and that towards what is believed beforehand. Each run counts once.
 */
export function chanceOf(model: string, attempts: readonly Attempt[], place?: TaskPlace): number {
  const own = attempts.filter((attempt) => attempt.model === model);
  if (!place) return updated(PRIOR_CHANCE, own);
  const here = own.filter(({ repository }) => repository === place.repository);
  const alike = here.filter(({ kind }) => kind === place.kind);
  const elsewhere = own.filter((attempt) => !here.includes(attempt));
  const otherwise = here.filter((attempt) => !alike.includes(attempt));
  return updated(updated(updated(PRIOR_CHANCE, elsewhere), otherwise), alike);
}

/** What is known of one model, for a task at a place. */
export function ranked(model: string, attempts: readonly Attempt[], place?: TaskPlace): RankedTier {
  const own = attempts.filter((attempt) => attempt.model === model);
  const solved = own.filter((attempt) => attempt.solved).length;
  const costs = own.flatMap(({ nano }) => (nano === null ? [] : [nano]));
  const chance = chanceOf(model, attempts, place);
  const cost = costs.length === 0 ? null : Math.round(costs.reduce((sum, nano) => sum + nano, 0) / costs.length);
  const score = cost === null ? null : Math.round(cost / chance);
  return { model, runs: own.length, solved, chance, cost, score };
}

/** Whose words a run works with, or did in the end; undefined without a model. */
export const lastModel = (events: readonly Recorded[]): string | undefined =>
  latest(events, "model.chosen")?.label ??
  ofType(events, "tier.moved").at(-1)?.to ??
  foldRun(events).started?.model?.label;

/** Where a run stands: how often it moved on, whose words it works with now (null: the first), and who would come next. */
export function tierNow(events: readonly Recorded[]): {
  readonly moves: number;
  readonly current: string | null;
  readonly next: string | null;
} {
  const order = latest(events, "tiers.ordered")?.tiers.map(({ model }) => model) ?? [];
  const moves = ofType(events, "tier.moved");
  return {
    moves: moves.length,
    current: latest(events, "model.chosen")?.choice ?? moves.at(-1)?.to ?? null,
    next: order[order.indexOf(moves.at(-1)?.to ?? order[0] ?? "") + 1] ?? null,
  };
}

/** Since when requests to a model have failed without any reply between, in milliseconds since the epoch; null: they have not. */
export function silentSince(events: readonly Recorded[]): number | null {
  let since: number | null = null;
  for (const event of events) {
    if (event.type === "model.failed") since ??= event.at;
    else if (event.type === "model.replied" || event.type === "tier.moved") since = null;
  }
  return since;
}
