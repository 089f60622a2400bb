import type { PgBoss } from "pg-boss";
import { isFull, type JobLease, type Worker } from "../queue.ts";
import { QUEUE, within } from "./boss.ts";
import type { Database, Sql } from "./database.ts";
import { ASKED_FOR, type Group, jobIn } from "./job-data.ts";
import { busyGroups, firstAbout, isAnyDue, rowOf, waitingGroups } from "./job-looks.ts";

/**
 * Hands jobs out. pg-boss takes the most urgent one; one claim comes after the other, so that limits hold exactly, which those
 * of its groups do not. Where the most urgent one is not for this worker now, the rest is looked through without keeping anybody
 * waiting, and what pg-boss then takes is looked at once more.
 */
export async function claimed(db: Database, boss: PgBoss, worker: Worker): Promise<JobLease | null> {
  // Most of the time there is nothing to do: then nobody is kept waiting.
  if (!(await db.read(isAnyDue))) return null;
  for (let closed: readonly string[] = []; ;) {
    const lease = await db.write((sql) => attempt(boss, sql, worker, closed), { durable: true });
    if (lease !== "deeper") return lease;
    const waiting = await db.read(async (sql) => {
      const isOpen = await openTo(sql, worker);
      return Map.groupBy(await waitingGroups(sql), isOpen);
    });
    if (!waiting.has(true)) return null;
    closed = waiting.get(false) ?? [];
  }
}

async function attempt(
  boss: PgBoss,
  sql: Sql,
  worker: Worker,
  closed: readonly string[],
): Promise<JobLease | null | "deeper"> {
  void sql("SELECT pg_advisory_xact_lock(hashtext('claw.claim'))");
  const isOpen = await openTo(sql, worker);
  if (worker.subject !== undefined) {
    const found = await firstAbout(sql, worker.subject);
    if (!found || !isOpen(found.group)) return null;
    // pg-boss hands out what is most urgent: the job that was asked for becomes that.
    await boss.update(QUEUE, undefined, { id: found.id, priority: ASKED_FOR, ...within(sql) });
    const [job] = await boss.fetch(QUEUE, { minPriority: ASKED_FOR, ...within(sql) });
    return job ? held(sql, job, worker) : null;
  }
  void sql("SAVEPOINT claw_taken");
  const [job] = await boss.fetch(QUEUE, { ignoreGroups: [...closed], ...within(sql) });
  if (!job) return null;
  if (isOpen(job.groupId ?? "")) return held(sql, job, worker);
  await sql("ROLLBACK TO claw_taken");
  return "deeper";
}

/** A try as pg-boss names it. */
interface JobAttempt {
  readonly id: string;
  readonly retryCount: number;
}

/** Says who has a job that pg-boss gave out. */
async function held(sql: Sql, { id, retryCount }: JobAttempt, { owner, until, now }: Worker): Promise<JobLease | null> {
  void sql(
    `INSERT INTO claw.holders (job, fence, owner, lease) VALUES ($1, $2, $3, $4)
     ON CONFLICT (job) DO UPDATE SET fence = excluded.fence, owner = excluded.owner, lease = excluded.lease`,
    id,
    retryCount,
    owner,
    until - now,
  );
  const row = await rowOf(sql, id);
  return row ? { job: jobIn(row), owner, fence: row.fence } : null;
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
