/** What a pool's size depends on. Times in milliseconds. */
export interface PoolFacts {
  /** What the user allows at once, and keeps ready. */
  readonly most: number;
  readonly least: number;
  readonly active: number;
  readonly ready: number;
  /** How long a job takes lately; null while none has ended. */
  readonly tookMs: number | null;
  /** How many more sessions the model's server takes right now; null where that is not known, or no model is asked. */
  readonly headroom: number | null;
  /** Memory of this process and of the machine, in bytes; what one more session is expected to need. */
  readonly usedBytes: number;
  readonly mostBytes: number;
  readonly sessionBytes: number;
}

/** How long a ready job should wait at most, as far as there are means. */
const WAIT_MS = 60_000;
/** Taken for the time of a job while none has ended. */
const USUAL_MS = 120_000;

/**
 * How many sessions there should be at once: enough that what is ready begins within a minute, no more than the user allows,
 * than the model's server takes, or than memory holds. One always goes on, however little room there is.
 */
export function poolSize(facts: PoolFacts): number {
  const { most, least, active, ready, tookMs, headroom, usedBytes, mostBytes, sessionBytes } = facts;
  const asked = active + Math.ceil((ready * (tookMs ?? USUAL_MS)) / WAIT_MS);
  const room = active + Math.max(0, Math.floor((mostBytes - usedBytes) / sessionBytes));
  const served = headroom === null ? most : active + Math.max(0, headroom);
  const size = Math.min(Math.max(least, asked), most, room, served);
  return Math.max(1, size);
}
