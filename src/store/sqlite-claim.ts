import type { Database } from "better-sqlite3";
import { isFull, type JobLease, type Usage, type Worker } from "./queue.ts";
import { type JobRow, jobIn } from "./job-row.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";

/** A set of jobs that share lane, role, model and repository, as JSON. */
type Slot = readonly [lane: string, role: string, model: string, repository: string];

/** What of a ready job decides whether a worker may have it: all of it lies in the index that they are ordered by. */
type Ready = Pick<JobRow, "id" | "slot" | "kind">;

/** So many of the most urgent jobs are looked at one by one, while others wait for the lock. */
const FIRST = 256;
/** Slots, more than which are not looked through one by one. */
const FEW_SLOTS = 500;

/**
 * Hands jobs out. Mostly the most urgent job is free to be taken, or one soon after it. Where all of these wait behind a
 * limit, the rest is searched without keeping anybody waiting, and what is found is looked at once more before it is taken.
 */
export function claimer(db: Database): (worker: Worker) => Promise<JobLease | null> {
  const sql = {
    due: db.prepare("SELECT 1 FROM jobs WHERE state = 'deferred' AND at <= ? LIMIT 1"),
    wake: db.prepare("UPDATE jobs SET state = 'ready' WHERE state = 'deferred' AND at <= ?"),
    any: db.prepare("SELECT 1 FROM jobs WHERE state = 'ready' LIMIT 1"),
    about: db.prepare(
      "SELECT id, slot, kind FROM jobs WHERE state = 'ready' AND subject = ? ORDER BY rank, id LIMIT 1",
    ),
    still: db.prepare("SELECT id, slot, kind FROM jobs WHERE state = 'ready' AND id = ?"),
    take: db.prepare(
      "UPDATE jobs SET state = 'leased', owner = ?, until = ?, fence = fence + 1, started = ? WHERE id = ? RETURNING *",
    ),
  };
  const busy = db.prepare("SELECT slot, count(*) AS jobs FROM jobs WHERE state = 'leased' GROUP BY slot");
  const usage = (): Usage[] =>
    (busy.all() as { slot: string; jobs: number }[]).map(({ slot, jobs }) => {
      const [, role, model, repository] = JSON.parse(slot) as Slot;
      return { role, model, repository, jobs };
    });
  const mayTake = (worker: Worker): Judge => judgeOf(worker, worker.limits.size === 0 ? [] : usage());
  const search = searcher(db);

  return async (worker) => {
    const { owner, until, now, subject } = worker;
    const taken = (job: Ready): JobLease => {
      const row = sql.take.get(owner, until, now, job.id) as JobRow;
      return { job: jobIn(row), owner, fence: row.fence };
    };
    const soon = (): JobLease | null | "deeper" => {
      sql.wake.run(now);
      const may = mayTake(worker);
      if (subject === undefined) {
        const found = search.soon(may);
        return found === null || found === "deeper" ? found : taken(found);
      }
      const found = sql.about.get(subject) as Ready | undefined;
      return found && may.take(found) ? taken(found) : null;
    };
    const again = (id: string): JobLease | null => {
      const found = sql.still.get(id) as Ready | undefined;
      return found && mayTake(worker).take(found) ? taken(found) : null;
    };
    // Most of the time there is nothing to do: then nobody is kept waiting for the lock.
    if (!(await whenFree(db, () => sql.any.get() ?? sql.due.get(now)))) return null;
    for (;;) {
      const lease = await inTransaction(db, soon);
      if (lease !== "deeper") return lease;
      const found = await whenFree(db, () => search.deep(mayTake(worker)));
      if (!found) return null;
      const late = await inTransaction(db, () => again(found.id));
      if (late) return late; // else somebody was quicker
    }
  };
}

/** What a worker may have. */
interface Judge {
  /** Could any job of this slot be taken? */
  readonly open: (slot: string) => boolean;
  readonly take: (job: Ready) => boolean;
}

/** A slot is judged once. */
function judgeOf({ kinds, lanes, limits }: Worker, busy: readonly Usage[]): Judge {
  const judged = new Map<string, boolean>();
  const judge = (slot: string): boolean => {
    const [lane, role, model, repository] = JSON.parse(slot) as Slot;
    const may = (lane === "" || lanes.includes(lane)) && !isFull({ role, model, repository }, busy, limits);
    judged.set(slot, may);
    return may;
  };
  const open = (slot: string): boolean => judged.get(slot) ?? judge(slot);
  return { open, take: ({ slot, kind }) => kinds.includes(kind) && open(slot) };
}

function searcher(db: Database) {
  const inOrder = db.prepare("SELECT id, slot, kind FROM jobs WHERE state = 'ready' ORDER BY rank, id LIMIT ?");
  // Each slot once, by a step from one to the next: rows between them are not looked at.
  const slots = db
    .prepare(
      `WITH RECURSIVE step AS (
         SELECT min(slot) AS slot FROM jobs WHERE state = 'ready'
         UNION ALL
         SELECT (SELECT min(slot) FROM jobs WHERE state = 'ready' AND slot > step.slot) FROM step WHERE step.slot IS NOT NULL
       ) SELECT slot FROM step WHERE slot IS NOT NULL LIMIT ?`,
    )
    .pluck();
  const ofSlot = db.prepare(
    "SELECT rank, id, slot, kind FROM jobs WHERE state = 'ready' AND slot = ? ORDER BY rank, id",
  );
  const first = <Job extends Ready>(jobs: Iterable<unknown>, { take }: Judge): Job | null => {
    for (const job of jobs as Iterable<Job>) if (take(job)) return job;
    return null;
  };
  return {
    /** The most urgent job that may be taken; "deeper" where it is none of the first. */
    soon({ take }: Judge): Ready | null | "deeper" {
      let seen = 0;
      for (const job of inOrder.iterate(FIRST) as Iterable<Ready>) {
        if (take(job)) return job;
        seen += 1;
      }
      return seen < FIRST ? null : "deeper";
    },
    /** The same among all. Of few slots the best of their heads, however many jobs wait behind a limit. */
    deep(judge: Judge): Ready | null {
      const found = slots.all(FEW_SLOTS + 1) as string[];
      if (found.length > FEW_SLOTS) return first(inOrder.iterate(-1), judge);
      let best: (Ready & { readonly rank: number }) | null = null;
      for (const slot of found.filter(judge.open)) {
        const head = first<Ready & { readonly rank: number }>(ofSlot.iterate(slot), judge);
        if (head && (!best || head.rank < best.rank || (head.rank === best.rank && head.id < best.id))) best = head;
      }
      return best;
    },
  };
}
