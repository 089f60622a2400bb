import { z } from "zod";

// How many requests and tokens an endpoint is sent in a minute, as pure functions over a note that all claw processes share.

/** The most in a minute; null: not limited. */
export interface Rates {
  readonly requests: number | null;
  readonly tokens: number | null;
}

/** What a request takes of them. */
export interface Share {
  readonly requests: number;
  readonly tokens: number;
}

const kinds = ["requests", "tokens"] as const;
const MINUTE_MS = 60_000;
/** Less than this is not a wait: numbers are not exact. */
const ROUNDING_MS = 0.001;

/** What is left of each bucket at a moment; below nothing where what was taken is still to flow in. */
const Note = z.object({ requests: z.number(), tokens: z.number(), at: z.number() });
type Note = z.infer<typeof Note>;

interface Next<T> {
  readonly body: string | null;
  readonly result: T;
}

/** A note that cannot be read is a full bucket. A time ahead of now was written by a clock that was wrong. */
function noteOf(body: string | null, now: number, rates: Rates): Note {
  const known = body === null ? undefined : Note.safeParse(json(body)).data;
  const passed = Math.max(0, now - (known?.at ?? now)) / MINUTE_MS;
  const level = (kind: (typeof kinds)[number]): number => {
    const most = rates[kind] ?? 0;
    return Math.min(most, (known?.[kind] ?? most) + most * passed);
  };
  return { requests: level("requests"), tokens: level("tokens"), at: now };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Takes a request's share at once, and says how long to wait, in milliseconds, until it is really there: so those who wait go in
 * the order in which they came. What is more than a whole minute's goes when the bucket is full.
 */
export function take(body: string | null, now: number, rates: Rates, share: Share): Next<number> {
  const note = noteOf(body, now, rates);
  const waits = kinds.map((kind) => {
    const most = rates[kind];
    if (most === null) return 0;
    return (Math.max(0, Math.min(share[kind], most) - note[kind]) * MINUTE_MS) / most;
  });
  return { body: changed(note, share, -1), result: Math.ceil(Math.max(ROUNDING_MS, ...waits) - ROUNDING_MS) };
}

/** Gives back what was taken and not used; less than nothing takes what was used beyond it. */
export const giveBack = (body: string | null, now: number, rates: Rates, share: Share): Next<null> => ({
  body: changed(noteOf(body, now, rates), share, 1),
  result: null,
});

const changed = ({ requests, tokens, at }: Note, share: Share, sign: 1 | -1): string =>
  JSON.stringify({ requests: requests + sign * share.requests, tokens: tokens + sign * share.tokens, at });
