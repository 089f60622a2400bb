import type { PgBoss } from "pg-boss";
import { isFull, type JobLease, type Worker } from "../queue.ts";
import { QUEUE, within } from "./boss.ts";
import type { Database, Sql } from "./database.ts";
import { ASKED_FOR, type Group, jobIn } from "./job-data.ts";
import { busyGroups, firstAbout, isAnyDue, rowOf, waitingGroups } from "./job-looks.ts";

/**
 * Hands jobs out. pg-boss takes the most urgent one; one claim comes after the other, so that limits hold exactly, which those
 * of its groups do not.
 */
export async function claimed(db: Database, boss: PgBoss, worker: Worker): Promise<JobLease | null> {
  // Most of the time there is nothing to do: then nobody is kept waiting.
  if (!(await db.read(isAnyDue))) return null;
  return db.write(
    async (sql) => {
      void sql("SELECT pg_advisory_xact_lock(hashtext('claw.claim'))");
      const uuid = await taken(boss, sql, worker);
      if (uuid === undefined) return null;
      const { owner, until, now } = worker;
      void sql(
        `INSERT INTO claw.holders (job, fence, owner, lease)
         SELECT id, retry_count, $2, $3 FROM claw_queue.job WHERE name = 'claw' AND id = $1
         ON CONFLICT (job) DO UPDATE SET fence = excluded.fence, owner = excluded.owner, lease = excluded.lease`,
        uuid,
        owner,
        until - now,
      );
      const row = await rowOf(sql, uuid);
      return row ? { job: jobIn(row), owner, fence: row.fence } : null;
    },
    { durable: true },
  );
}

/** The job that pg-boss gave out. */
async function taken(boss: PgBoss, sql: Sql, worker: Worker): Promise<string | undefined> {
  const isOpen = await openTo(sql, worker);
  if (worker.subject !== undefined) return asked(boss, sql, worker.subject, isOpen);
  const closed = new Set<string>();
  for (;;) {
    void sql("SAVEPOINT claw_taken");
    const [job] = await boss.fetch(QUEUE, { ignoreGroups: [...closed], ...within(sql) });
    if (!job) return undefined;
    const group = job.groupId ?? "";
    if (isOpen(group)) return job.id;
    // Not for this worker, or not now: it is left where it was, and so are all others of which that is known.
    void sql("ROLLBACK TO claw_taken");
    for (const other of [group, ...(await waitingGroups(sql))]) if (!isOpen(other)) closed.add(other);
  }
}

/** May this worker have a job of a group now? */
async function openTo(sql: Sql, { kinds, lanes, limits }: Worker): Promise<(group: string) => boolean> {
  const named = (group: string) => {
    const [kind, lane, role, model, repository] = JSON.parse(group) as Group;
    return { kind, lane, role, model, repository };
  };
  const counts = limits.size === 0 ? [] : await busyGroups(sql);
  const busy = counts.map(({ group, jobs }) => ({ ...named(group), jobs }));
  return (group) => {
    const { kind, lane, ...about } = named(group);
    return kinds.includes(kind) && (lane === "" || lanes.includes(lane)) && !isFull(about, busy, limits);
  };
}

/** pg-boss hands out what is most urgent: the job that was asked for becomes that. */
async function asked(
  boss: PgBoss,
  sql: Sql,
  subject: string,
  isOpen: (group: string) => boolean,
): Promise<string | undefined> {
  const found = await firstAbout(sql, subject);
  if (!found || !isOpen(found.group)) return undefined;
  await boss.update(QUEUE, undefined, { id: found.id, priority: ASKED_FOR, ...within(sql) });
  const [job] = await boss.fetch(QUEUE, { minPriority: ASKED_FOR, ...within(sql) });
  return job?.id;
}
