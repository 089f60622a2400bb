import { isAbandoned } from "../ledger/owner.ts";
import { poolSize } from "../policy/pool-size.ts";
import { feedQueue, readyJobs, TASK_JOB } from "./feed.ts";
import type { Hands, PoolDesk } from "./pool.ts";

/** So many jobs at the head of the queue are looked at. */
const FIRST = 100;
/** How often it looks for what changes seldom, in milliseconds. */
const LOOK_MS = 1_000;
/**
 * Of its time, so much goes at most into looking through all tasks: where some have changed, and where none is known to have. Of many
 * tasks it is done seldom.
 */
const SHARES = { changed: 0.1, unknown: 0.02 } as const;

/**
 * Looks after a pool at each of its turns: takes back what workers left behind that are gone, fires schedules, puts into the queue
 * what is ready, and says how many sessions there should be.
 */
export function watchman(
  desk: PoolDesk,
  hands: Pick<Hands, "active" | "isLeftBehind" | "tookMs">,
): () => Promise<number> {
  const { ledger, clock } = desk;
  let [looked, size] = [-Infinity, 1];
  let [soonAt, feedAt] = [-Infinity, -Infinity];
  return async () => {
    await takeBack(desk, hands);
    const seldom = clock.now() - looked >= LOOK_MS;
    if (seldom) {
      looked = clock.now();
      await desk.fire();
    }
    const changed = (await ledger.unindexed(undefined, "task")).length > 0;
    const now = clock.now();
    if (changed ? now >= soonAt : now >= feedAt) {
      await feedQueue(desk, (task) => desk.about(task));
      const [over, tookMs] = [clock.now(), clock.now() - now];
      soonAt = over + tookMs / SHARES.changed;
      // Who ends when nothing is left must know that soon.
      feedAt = over + Math.max(LOOK_MS, desk.drain ? 0 : tookMs / SHARES.unknown);
    }
    if (seldom || changed) size = await wantedSize(desk, hands);
    return size;
  };
}

async function takeBack({ ledger, clock, onNews }: PoolDesk, hands: Pick<Hands, "isLeftBehind">): Promise<void> {
  const now = clock.now();
  const gone = await ledger.queue.reap((holder) => hands.isLeftBehind(holder.owner) ?? isAbandoned(holder, now), now);
  const ours = gone.filter(({ kind }) => kind === TASK_JOB);
  if (ours.length > 0) onNews({ kind: "lost", jobs: ours.length });
}

async function wantedSize(desk: PoolDesk, hands: Pick<Hands, "active" | "tookMs">): Promise<number> {
  const { most, least, memory } = desk;
  // More than these never matter.
  const ready = (await readyJobs(desk, Math.max(most, FIRST))).length;
  const headroom = await desk.headroom();
  const facts = { most, least, active: hands.active.size, ready, tookMs: hands.tookMs(), headroom };
  return poolSize({ ...facts, usedBytes: memory.used(), mostBytes: memory.most, sessionBytes: memory.session });
}
