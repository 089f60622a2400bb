import type { Clock } from "../clock.ts";
import { Fenced } from "../errors.ts";
import type { Lease, Store } from "../store/store.ts";
import { HEARTBEAT_MS, LEASE_MS } from "./owner.ts";

/** Keeps a lease alive. */
export interface Heartbeat {
  /** Aborted, with Fenced, when somebody else has the run, or nobody could be told for most of a lease that it is held. */
  readonly lost: AbortSignal;
  stop(): void;
}

export function keepAlive(
  store: Pick<Store, "renew">,
  clock: Clock,
  {
    lease,
    since,
    everyMs = HEARTBEAT_MS,
  }: { readonly lease: Lease; readonly since: number; readonly everyMs?: number },
): Heartbeat {
  const stopped = new AbortController();
  const lost = new AbortController();
  let heardAt = since;
  let waiting = false;
  const lose = (): void => {
    if (!stopped.signal.aborted) lost.abort(new Fenced(lease.run));
  };
  const beat = async (): Promise<void> => {
    // The lease counts from before it was asked for: it never ends later than others think.
    const now = clock.now();
    waiting = true;
    const held = await store.renew(lease, now + LEASE_MS).catch(() => null);
    if (held) heardAt = now;
    waiting = held === null;
    if (held === false) lose();
  };
  // Also while an answer is waited for, as of a server that the network has been cut off from.
  const watch = (): void => {
    if (waiting && clock.now() - heardAt > (LEASE_MS * 2) / 3) lose();
  };
  const timers = [setInterval(() => void beat(), everyMs), setInterval(watch, everyMs / 10)];
  for (const timer of timers) timer.unref();
  return {
    lost: lost.signal,
    stop: () => {
      stopped.abort();
      for (const timer of timers) clearInterval(timer);
    },
  };
}
