import type { Gauges } from "../probe/metrics.ts";

/** How many requests a server is sent at once, and what that was learned from. Times in milliseconds since the epoch. */
export interface Pace {
  readonly limit: number;
  /** When it was last raised, and until when it may not be. */
  readonly raisedAt: number;
  readonly heldUntil: number;
  /** How many readings in a row said that there is room, or that there is none. */
  readonly calm: number;
  readonly strained: number;
  /** The server's own count of requests it threw out, at the last reading. */
  readonly preemptions: number | null;
  /** Time to the first byte: as it is lately, and as it is when the server has time. Null before the first reply. */
  readonly recentMs: number | null;
  readonly usualMs: number | null;
}

export interface Bounds {
  /** Where to begin, and the most that is ever sent at once. */
  readonly start: number;
  readonly most: number;
}

/** One more is tried at most so often; after a refusal nothing is, for so long. */
const RAISE_EVERY_MS = 30_000;
const HOLD_MS = 60_000;
/** A single reading may be chance. */
const READINGS = 2;
/** Replies that take so much longer than usual mean that the server is at its limit. */
const SLOW = 1.5;

export const firstPace = ({ start }: Bounds): Pace => ({
  limit: start,
  raisedAt: 0,
  heldUntil: 0,
  calm: 0,
  strained: 0,
  preemptions: null,
  recentMs: null,
  usualMs: null,
});

/** Additive increase, multiplicative decrease: carefully up while the server is calm and the limit is in the way. */
function raised(pace: Pace, now: number, { most }: Bounds, wanted: boolean): Pace {
  if (!wanted || now < pace.heldUntil || now - pace.raisedAt < RAISE_EVERY_MS) return pace;
  return { ...pace, limit: Math.min(most, pace.limit + 1), raisedAt: now };
}

const lowered = (pace: Pace, factor: number): Pace => ({
  ...pace,
  limit: Math.max(1, pace.limit * factor),
  calm: 0,
  strained: 0,
});

/** The server said that it has too much to do (429, 503), or let a request wait until it was given up: half, for a minute. */
export const afterRefusal = (pace: Pace, now: number): Pace => ({ ...lowered(pace, 0.5), heldUntil: now + HOLD_MS });

/** The server's own numbers. `wanted`: somebody waits for a place, so more would be used. */
export function afterReading(pace: Pace, gauges: Gauges, at: { now: number; wanted: boolean }, bounds: Bounds): Pace {
  const { running, waiting, kvUsage, kind } = gauges;
  const usage = kvUsage ?? 0;
  const thrownOut = gauges.preemptions !== null && pace.preemptions !== null && gauges.preemptions > pace.preemptions;
  const next = { ...pace, preemptions: gauges.preemptions };
  if (thrownOut || usage >= 0.95) return afterRefusal(next, at.now);
  // llama.cpp lets what has no slot wait: its slots are the limit.
  if (kind === "llamacpp" && waiting > 0) return { ...next, limit: Math.max(1, running), calm: 0, strained: 0 };
  if (waiting > Math.max(2, 0.25 * running) || usage >= 0.9) {
    const strained = next.strained + 1;
    return strained >= READINGS ? lowered(next, 0.7) : { ...next, strained, calm: 0 };
  }
  if (waiting > 0 || usage >= 0.75 || isSlow(next)) return { ...next, calm: 0, strained: 0 };
  const calm = next.calm + 1;
  return calm >= READINGS
    ? raised({ ...next, calm, strained: 0 }, at.now, bounds, at.wanted)
    : { ...next, calm, strained: 0 };
}

const isSlow = ({ recentMs, usualMs }: Pace): boolean =>
  recentMs !== null && usualMs !== null && recentMs > SLOW * usualMs;

/**
 * How long the first byte of a reply took. Where a server tells nothing else (`blind`), that alone sets the pace: as much
 * less as it is slower than usual, one more at a time while it is not.
 */
export function afterReply(
  pace: Pace,
  firstByteMs: number,
  at: { now: number; wanted: boolean; blind: boolean },
  bounds: Bounds,
): Pace {
  const recentMs = pace.recentMs === null ? firstByteMs : 0.8 * pace.recentMs + 0.2 * firstByteMs;
  // The best time there was, forgotten slowly: a server may become slower for good.
  const usualMs = pace.usualMs === null ? firstByteMs : Math.min(recentMs, pace.usualMs * 1.01);
  const next = { ...pace, recentMs, usualMs };
  if (!at.blind) return next;
  if (!isSlow(next)) return raised(next, at.now, bounds, at.wanted);
  if (at.now < pace.heldUntil) return next;
  return { ...lowered(next, Math.max(0.5, usualMs / recentMs)), heldUntil: at.now + RAISE_EVERY_MS };
}
