import type { Usage } from "../ledger/message.ts";

/** How fast a server works; null where nobody knows yet. */
export interface Pace {
  /** Tokens per second that it reads of a prompt it does not have in its cache. */
  readonly prefill: number | null;
  /** Tokens per second that it writes. */
  readonly decode: number | null;
  /** What the newest replies waited beyond the reading of their prompts, in milliseconds, the newest last. */
  readonly waits: readonly number[];
}

export const unknownPace: Pace = { prefill: null, decode: null, waits: [] };

/** One complete reply, as it is timed. */
interface Timed {
  readonly streamed: boolean;
  readonly usage: Usage;
  readonly firstByteMs: number;
  readonly ms: number;
}

/** Fewer tokens say more about the way to the server than about its speed. */
const FEWEST_READ = 1_000;
const FEWEST_WRITTEN = 50;
/** So many waits are remembered: the longest of a hundred is their 99th percentile. */
const WAITS = 100;

/**
 * What a reply teaches. Without a stream its reading and its writing cannot be told apart, so that only a known speed of
 * reading says how fast it was written.
 */
export function learnPace(pace: Pace, { streamed, usage, firstByteMs, ms }: Timed): Pace {
  const read = usage.inputUncached + usage.inputCacheWrite;
  const written = usage.outputVisible + usage.outputReasoning;
  const readMs = pace.prefill === null ? null : (read / pace.prefill) * 1000;
  if (!streamed) {
    const writing = readMs === null ? 0 : ms - readMs;
    return writing <= 0 || written < FEWEST_WRITTEN
      ? pace
      : { ...pace, decode: average(pace.decode, perSecond(written, writing)) };
  }
  return {
    prefill: read < FEWEST_READ ? pace.prefill : average(pace.prefill, perSecond(read, firstByteMs)),
    decode: written < FEWEST_WRITTEN ? pace.decode : average(pace.decode, perSecond(written, ms - firstByteMs)),
    waits: [...pace.waits, Math.max(0, firstByteMs - (readMs ?? 0))].slice(-WAITS),
  };
}

const perSecond = (tokens: number, ms: number): number => (tokens * 1000) / Math.max(1, ms);

/**
 * An exponentially weighted moving average that believes bad news sooner: a prompt that was in the cache, although the
 * server does not say so, looks like quick reading.
 */
function average(known: number | null, seen: number): number {
  if (known === null) return seen;
  const weight = seen < known ? 0.5 : 0.05;
  return known + weight * (seen - known);
}

const SECOND = 1000;
const LEAST_FIRST_BYTE_MS = 60 * SECOND;
const MOST_FIRST_BYTE_MS = 900 * SECOND;
/** What a request may wait for its turn at a server whose waits were never seen. */
const UNSEEN_WAIT_MS = 60 * SECOND;
/** Twice the expected time is patience enough. */
const SLACK = 2;

/**
 * How long a request may take at a server whose pace is known, in milliseconds: its turn, then its prompt read and the
 * longest reply written at half that pace. Null where the pace does not say.
 */
export function expectedTimes(
  pace: Pace,
  { inputTokens, maxOutputTokens }: { readonly inputTokens: number; readonly maxOutputTokens: number },
): { readonly firstByteMs: number; readonly totalMs: number | null } | null {
  if (pace.prefill === null) return null;
  const wait = pace.waits.length > 0 ? Math.max(...pace.waits) : UNSEEN_WAIT_MS;
  const reading = wait + SLACK * ((inputTokens * SECOND) / pace.prefill);
  const firstByteMs = Math.min(MOST_FIRST_BYTE_MS, Math.max(LEAST_FIRST_BYTE_MS, reading));
  const writing = pace.decode === null ? null : SLACK * ((maxOutputTokens * SECOND) / pace.decode);
  return { firstByteMs, totalMs: writing === null ? null : firstByteMs + writing };
}
