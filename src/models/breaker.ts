import { z } from "zod";

// A circuit breaker, as pure functions over a note that all processes share. Closed, every request goes; after enough
// faults it opens, and nothing goes for a while; then one request tries whether the server is back.

/** Faults older than this are forgotten, in milliseconds. */
const windowMs = 30_000;
/** So many requests must be known before their share of faults means anything. */
const fewest = 5;
const firstOpenMs = 15_000;
const longestOpenMs = 120_000;
/** How long the one that tries may take before another may. */
const trialMs = 60_000;

const State = z.object({
  /** Since the first fault that counts: when, and whether it was one. */
  seen: z.array(z.object({ at: z.number(), fault: z.boolean() })).default([]),
  /** Closed until null turns into a time. */
  openUntil: z.number().nullable().default(null),
  openMs: z.number().default(firstOpenMs),
  /** Somebody is trying, and has until then. */
  trialUntil: z.number().nullable().default(null),
});
type State = z.infer<typeof State>;

/** What became of a request: an answer, a fault of the server or the way to it, or neither. */
export type Result = "answer" | "fault" | "neither";

/** A note that cannot be read is none. */
function stateOf(note: string | null): State {
  if (note === null) return State.parse({});
  try {
    return State.parse(JSON.parse(note));
  } catch {
    return State.parse({});
  }
}

/** A time that lies further ahead than any that is ever set comes from a clock that was wrong. */
const ahead = (until: number | null, now: number): boolean =>
  until !== null && now < until && until - now <= longestOpenMs;

/** May a request go? `until` says when to ask again where it may not. */
export function admit(
  note: string | null,
  now: number,
): { readonly body: string | null; readonly result: { readonly until: number | null } } {
  const state = stateOf(note);
  const { openUntil, trialUntil } = state;
  if (openUntil === null) return { body: note, result: { until: null } };
  if (ahead(openUntil, now)) return { body: note, result: { until: openUntil } };
  if (ahead(trialUntil, now)) return { body: note, result: { until: trialUntil } };
  return { body: JSON.stringify({ ...state, trialUntil: now + trialMs }), result: { until: null } };
}

/** What a request teaches. A server that works leaves no note. */
export function settle(
  note: string | null,
  now: number,
  result: Result,
): { readonly body: string | null; readonly result: null } {
  const body = settled(note, now, result);
  return { body, result: null };
}

function settled(note: string | null, now: number, result: Result): string | null {
  if (note === null && result !== "fault") return null;
  const state = stateOf(note);
  if (state.openUntil !== null) {
    if (state.trialUntil === null) return note; // sent before it opened: says nothing about now
    if (result === "answer") return null;
    if (result === "neither") return JSON.stringify({ ...state, trialUntil: null });
    const openMs = Math.min(state.openMs * 2, longestOpenMs);
    return JSON.stringify({ ...state, openMs, openUntil: now + openMs, trialUntil: null });
  }
  if (result === "neither") return note;
  const recent = state.seen.filter(({ at }) => at > now - windowMs && at <= now);
  const seen = [...recent, { at: now, fault: result === "fault" }];
  const faults = seen.filter(({ fault }) => fault).length;
  if (faults === 0) return null;
  const opens = seen.length >= fewest && faults * 2 >= seen.length;
  return JSON.stringify({ ...state, seen, openUntil: opens ? now + state.openMs : null });
}
