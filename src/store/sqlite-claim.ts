import type { Database } from "better-sqlite3";
import { isFull, type JobLease, type Usage, type Worker } from "./queue.ts";
import { type JobRow, jobIn } from "./job-row.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";

/** A set of jobs that share lane, role, model and repository, as JSON. */
type Slot = readonly [lane: string, role: string, model: string, repository: string];

/**
 * Hands jobs out. Every slot's most urgent job is the head of an index, however many wait behind a limit; the best head of
 * the slots that are not full is it.
 */
export function claimer(db: Database): (worker: Worker) => Promise<JobLease | null> {
  const sql = {
    due: db.prepare("SELECT 1 FROM jobs WHERE state = 'deferred' AND at <= ? LIMIT 1"),
    wake: db.prepare("UPDATE jobs SET state = 'ready' WHERE state = 'deferred' AND at <= ?"),
    any: db.prepare("SELECT 1 FROM jobs WHERE state = 'ready' LIMIT 1"),
    firstSlot: db.prepare("SELECT slot FROM jobs WHERE state = 'ready' ORDER BY slot LIMIT 1"),
    nextSlot: db.prepare("SELECT slot FROM jobs WHERE state = 'ready' AND slot > ? ORDER BY slot LIMIT 1"),
    head: db.prepare(
      `SELECT * FROM jobs WHERE state = 'ready' AND slot = ? AND kind IN (SELECT value FROM json_each(?))
       ORDER BY rank, id LIMIT 1`,
    ),
    about: db.prepare("SELECT * FROM jobs WHERE state = 'ready' AND subject = ? ORDER BY rank, id LIMIT 1"),
    busy: db.prepare(
      "SELECT role, model, repository, count(*) AS jobs FROM jobs WHERE state = 'leased' GROUP BY role, model, repository",
    ),
    take: db.prepare(
      "UPDATE jobs SET state = 'leased', owner = ?, until = ?, fence = fence + 1, started = ? WHERE id = ? RETURNING *",
    ),
  };

  /** Each slot once, by a step from one to the next: rows between them are not looked at. */
  function* slots(): Generator<string> {
    let found = sql.firstSlot.get() as { slot: string } | undefined;
    for (; found; found = sql.nextSlot.get(found.slot) as { slot: string } | undefined) yield found.slot;
  }

  const best = ({ kinds, lanes, limits, subject }: Worker): JobRow | undefined => {
    const busy = limits.size === 0 ? [] : (sql.busy.all() as Usage[]);
    const open = ([lane, role, model, repository]: Slot): boolean =>
      (lane === "" || lanes.includes(lane)) && !isFull({ role, model, repository }, busy, limits);
    if (subject !== undefined) {
      const row = sql.about.get(subject) as JobRow | undefined;
      return row && kinds.includes(row.kind) && open(JSON.parse(row.slot) as Slot) ? row : undefined;
    }
    let found: JobRow | undefined;
    for (const slot of slots()) {
      if (!open(JSON.parse(slot) as Slot)) continue;
      const head = sql.head.get(slot, JSON.stringify(kinds)) as JobRow | undefined;
      if (head && (!found || head.rank < found.rank || (head.rank === found.rank && head.id < found.id))) found = head;
    }
    return found;
  };

  return async (worker) => {
    const { owner, until, now } = worker;
    // Most of the time there is nothing to do: then nobody is kept waiting for the lock.
    if (!(await whenFree(db, () => sql.any.get() ?? sql.due.get(now)))) return null;
    return inTransaction(db, () => {
      sql.wake.run(now);
      const head = best(worker);
      if (!head) return null;
      const { fence, ...row } = sql.take.get(owner, until, now, head.id) as JobRow;
      return { job: jobIn({ fence, ...row }), owner, fence };
    });
  };
}
