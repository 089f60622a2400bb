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
  const beat = async (): Promise<void> => {
    // The lease counts from before it was asked for: it never ends later than others think.
    const now = clock.now();
    const held = await store.renew(lease, now + LEASE_MS).catch(() => null);
    if (held) heardAt = now;
    const late = held === null && clock.now() - heardAt > (LEASE_MS * 2) / 3;
    if (!stopped.signal.aborted && (held === false || late)) lost.abort(new Fenced(lease.run));
  };
  const timer = setInterval(() => void beat(), everyMs);
  timer.unref();
  return {
    lost: lost.signal,
    stop: () => {
      stopped.abort();
      clearInterval(timer);
    },
  };
}
