import type { Event, Recorded } from "../ledger/events.ts";

/** Facts that a run which goes in circles between its crashes does not come to. */
const steps: ReadonlySet<Event["type"]> = new Set<Event["type"]>([
  "stage.finished",
  "model.replied",
  "call.finished",
  "suite.ran",
  "diff.taken",
  "search.tried",
  "effect.done",
  "run.paused",
]);

/** Has the run got further by this? */
export const isStep = ({ type }: Event): boolean => steps.has(type);

/** How often a run was begun or continued and got no further since its last step: how often it was lost, once more it is being worked on. */
export function startsWithoutStep(events: readonly Recorded[]): number {
  const since = events.findLastIndex(isStep) + 1;
  return events.slice(since).filter(({ type }) => type === "run.started" || type === "run.resumed").length;
}
