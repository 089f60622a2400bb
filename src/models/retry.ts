import type { Clock } from "../clock.ts";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";

/** Waits so many milliseconds; rejects when the signal fires. */
type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** A failed attempt that will be repeated: shown to people and recorded, since it may have cost something. */
export interface Wait {
  readonly error: ModelError;
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** When the next one starts, in milliseconds since the epoch. */
  readonly until: number;
}

export interface RetryOptions {
  readonly clock: Pick<Clock, "now">;
  readonly sleep: Sleep;
  /** A number in [0, 1), fresh on each call: spreads the waits of many runs. */
  readonly random: () => number;
  readonly onWait: (wait: Wait) => void | Promise<void>;
  /** End of the run, in milliseconds since the epoch: no wait goes past it. */
  readonly deadline: number;
  /** How long a server that does not work is waited for, in milliseconds; null: as long as the run goes. */
  readonly outageMs?: number | null;
  /** Fewer retries than the failure would allow, and another factor from one wait to the next; null for the failure's own. */
  readonly most?: number | null;
  readonly multiplier?: number | null;
}

/** What the server wants is known: when to come back. */
function tooLate(error: ModelError, until: number): ModelError {
  if (error.afterMs === undefined) return error;
  const at = new Date(until).toISOString().slice(0, 16).replace("T", " ");
  return error.hinting(
    `it wants to be left alone until ${at} UTC, which is past the end of this run; then: claw resume <run>`,
  );
}

/** A timer set for longer, 24.8 days, would end at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Repeats a request with the same bytes while its failure can pass by itself and the run's deadline is not reached.
 * A server's own wish how long to wait is honoured, however long. Tool calls run only after a complete reply,
 * so a repeated request never runs one twice.
 */
export function withRetry(model: Model, options: RetryOptions): Model {
  const { clock, sleep, random, onWait, deadline, most = null, multiplier = null, outageMs = null } = options;
  return async (request, signal, onDelta) => {
    const failures = new Map<string, number>();
    let down: number | null = null;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await model(request, signal, onDelta);
      } catch (error) {
        if (!(error instanceof ModelError) || signal.aborted) throw error;
        const seen = failures.get(error.kind) ?? 0;
        failures.set(error.kind, seen + 1);
        const wait = error.afterMs ?? backoff(error, seen, { random, multiplier });
        const until = clock.now() + wait;
        if (seen >= Math.min(error.retries, most ?? error.retries)) throw error;
        down = error.isFault || error.kind === "circuit_open" ? (down ?? clock.now()) : null;
        if (down !== null && outageMs !== null && until > down + outageMs) throw error;
        if (until >= deadline) throw tooLate(error, until);
        await onWait({ error, attempt, until });
        await sleep(Math.min(wait, longestTimer), signal);
      }
    }
  };
}

const backoff = (
  error: ModelError,
  seen: number,
  { random, multiplier }: { random: () => number; multiplier: number | null },
): number =>
  multiplier === null ? error.backoffMs(seen, random()) : error.backoffMs(0, random()) * multiplier ** seen;
