import type { PoolDesk } from "./pool.ts";

/** How long a pool rests where nobody wakes it: then it looks for itself, in milliseconds. */
const TICK_MS = 250;

/** What a pool does while it has nothing to do. */
export interface Rest {
  /** Ends the rest, or the next one before it begins. */
  readonly wake: () => void;
  /** Resolves when somebody wakes it, when work may have come, or a while has passed. */
  readonly wait: () => Promise<void>;
  readonly close: () => void;
}

export function restOf({ ledger, clock, signal }: Pick<PoolDesk, "ledger" | "clock" | "signal">): Rest {
  let [woken, sleeping] = [false, new AbortController()];
  const wake = (): void => {
    woken = true;
    sleeping.abort();
  };
  const deaf = ledger.queue.hear?.(wake);
  return {
    wake,
    async wait() {
      sleeping = new AbortController();
      if (!woken) await clock.sleep(TICK_MS, AbortSignal.any([sleeping.signal, signal])).catch(() => {});
      woken = false;
    },
    close: () => deaf?.(),
  };
}
