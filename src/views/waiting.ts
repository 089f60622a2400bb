import type { EventOf, Recorded, Sha } from "../ledger/events.ts";
import { foldRun, latest, ofType } from "./run.ts";

/** What a person must decide about. */
export interface Waiting {
  /** Null for a run of an early release, which did not say. */
  readonly diff: Sha | null;
  /** Until when, in milliseconds since the epoch; null when it waits for ever. */
  readonly expires: number | null;
  /** The newest approval of this diff, whether or not it still holds. */
  readonly approval: Recorded<EventOf<"approval.given">> | null;
}

/** What a paused run waits for; null when it waits for nobody. */
export function waitingFor(events: readonly Recorded[]): Waiting | null {
  const { status, end } = foldRun(events);
  if (status !== "paused" || end?.type !== "run.paused" || end.outcome !== "waiting") return null;
  const diff = end.diff ?? null;
  const approval = latest(events, "approval.given");
  return { diff, expires: end.expires ?? null, approval: approval?.diff === diff ? approval : null };
}

/** When the first request for a decision about this diff runs out: asking again gives no new time. */
export const firstExpiry = (events: readonly Recorded[], diff: Sha): number | null =>
  ofType(events, "run.paused").find((paused) => paused.diff === diff)?.expires ?? null;
