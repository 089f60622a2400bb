import type { Clock } from "../clock.ts";
import { Fenced } from "../errors.ts";
import { HEARTBEAT_MS, LEASE_MS } from "../ledger/owner.ts";
import type { JobLease, Queue } from "../store/queue.ts";

/** Keeps a job's lease alive until `stop`. `lost` is aborted when the job is somebody else's, or nobody could be told for most of a lease. */
export function keepLease(
  queue: Pick<Queue, "heartbeat">,
  clock: Clock,
  lease: JobLease,
  everyMs = HEARTBEAT_MS,
): { readonly lost: AbortSignal; readonly stop: () => void } {
  const lost = new AbortController();
  let heardAt = clock.now();
  let stopped = false;
  const beat = async (): Promise<void> => {
    const now = clock.now();
    const held = await queue.heartbeat(lease, now + LEASE_MS).catch(() => null);
    if (held) heardAt = now;
    const late = held === null && clock.now() - heardAt > (LEASE_MS * 2) / 3;
    if (!stopped && (held === false || late)) lost.abort(new Fenced(lease.job.subject));
  };
  const timer = setInterval(() => void beat(), everyMs);
  timer.unref();
  return {
    lost: lost.signal,
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
  };
}
