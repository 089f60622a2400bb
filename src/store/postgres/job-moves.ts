import type { PgBoss } from "pg-boss";
import { Fenced } from "../../errors.ts";
import { type JobLease, type JobMove, type NewJob, rankOf, type Try, withTry } from "../queue.ts";
import { affected, QUEUE, within } from "./boss.ts";
import type { Sql } from "./database.ts";
import { dataOf, groupOf, historyOf, type JobData, type JobRow, keyOf, priorityOf, uuidOf } from "./job-data.ts";
import { rowOf } from "./job-looks.ts";

/** A job counts as lost by its holder alone, and waits as long as it takes: pg-boss's own limits, in seconds, are out of reach. */
const NEVER_S = 10 * 365 * 86_400;

type Added = Extract<JobMove, { kind: "add" }>;

/** Changes of the queue, inside the transaction of what they mean. Gives the ids of jobs that were added. */
export async function applyJobs(boss: PgBoss, sql: Sql, moves: readonly JobMove[]): Promise<readonly string[]> {
  const added: string[] = [];
  let adds: Added[] = [];
  const flush = async (): Promise<void> => {
    if (adds.length > 0) added.push(...(await add(boss, sql, adds)));
    adds = [];
  };
  for (const move of moves) {
    if (move.kind === "add") adds.push(move);
    else {
      await flush();
      await change(boss, sql, move);
    }
  }
  await flush();
  return added;
}

async function add(boss: PgBoss, sql: Sql, moves: readonly Added[]): Promise<readonly string[]> {
  const once = [...new Map(moves.toReversed().map((move) => [move.job.id, move])).values()].toReversed();
  // In the order in which they are wanted: those that pg-boss tells apart by nothing else stay in it.
  const wanted = once.toSorted((one, other) => rankAt(one) - rankAt(other));
  const base = Math.min(...moves.map(({ now }) => now));
  const jobs = wanted.map(({ job, now }) => ({
    id: uuidOf(job.id),
    data: dataOf(job, now),
    priority: priorityOf(rankAt({ job, now })),
    singletonKey: keyOf(job),
    group: { id: groupOf(job) },
    retentionSeconds: NEVER_S,
    expireInSeconds: NEVER_S,
    ...(job.at > now && startAfter(job.at, base)),
  }));
  const taken = new Set(await boss.insert(QUEUE, jobs, { ...within(sql), returnId: true }));
  return once.map(({ job }) => job.id).filter((id) => taken.has(uuidOf(id)));
}

const rankAt = ({ job, now }: { readonly job: NewJob; readonly now: number }): number => rankOf(job.priority, now);

/** In seconds from now: the clock that says when it is over is that of the database. */
const startAfter = (at: number, now: number): { startAfter?: number } =>
  at > now ? { startAfter: (at - now) / 1000 } : {};

async function change(boss: PgBoss, sql: Sql, move: Exclude<JobMove, Added>): Promise<void> {
  const { now, lease } = move;
  const attempt = attemptOf(lease);
  const here = within(sql);
  if (move.kind === "hold") return refuseLate(lease, await boss.touch(QUEUE, attempt, here));
  letGo(sql, attempt.id);
  if (move.kind === "finish") return refuseLate(lease, await boss.complete(QUEUE, attempt, null, here));
  const over = { from: lease.job.started, to: now, owner: lease.owner, reason: move.reason };
  if (move.kind === "bury") {
    const last = JSON.stringify({ ...over, how: "dead" } satisfies Try);
    return refuseLate(lease, await boss.fail(QUEUE, attempt, { last }, here));
  }
  const found = await rowOf(sql, attempt.id);
  if (found?.state !== "leased" || found.fence !== lease.fence) throw new Fenced(lease.job.subject);
  const history = withTry(found.data.history, { ...over, how: "again" });
  await giveBack(boss, sql, found, {
    data: { ...found.data, tries: move.tries, history },
    ...startAfter(move.at, now),
  });
}

/** Ends a try without an end of the job. Throws Fenced when it is somebody else's. */
export async function giveBack(
  boss: PgBoss,
  sql: Sql,
  { uuid, fence, data: { subject } }: Pick<JobRow, "uuid" | "fence" | "data">,
  next: { readonly data: JobData; readonly startAfter?: number },
): Promise<void> {
  letGo(sql, uuid);
  if (affected(await boss.fail(QUEUE, { id: uuid, retryCount: fence }, null, within(sql))) !== 1)
    throw new Fenced(subject);
  await revive(boss, sql, uuid, next);
}

/** Makes a job that failed wait again; it is due as it was, or later. */
async function revive(
  boss: PgBoss,
  sql: Sql,
  uuid: string,
  { data, ...later }: { readonly data: JobData; readonly startAfter?: number },
): Promise<void> {
  await boss.retry(QUEUE, uuid, within(sql));
  await boss.update(QUEUE, data, { id: uuid, priority: priorityOf(data.rank), ...later, ...within(sql) });
}

/** Has a dead job tried again, its tries counted anew. */
export const redrive = (boss: PgBoss, sql: Sql, row: JobRow, now: number): Promise<void> => {
  const revived: Try = { from: now, to: now, owner: "", how: "revived", reason: "a person had it tried again" };
  return revive(boss, sql, row.uuid, {
    data: { ...row.data, tries: 0, crashes: 0, history: withTry(historyOf(row), revived) },
  });
};

/** What pg-boss knows a try by. */
export const attemptOf = ({ job, fence }: JobLease): { readonly id: string; readonly retryCount: number } => ({
  id: uuidOf(job.id),
  retryCount: fence,
});

function refuseLate({ job }: JobLease, answer: object): void {
  if (affected(answer) !== 1) throw new Fenced(job.subject);
}

/** Goes out with what comes next: where that is refused, nothing of it becomes true. */
const letGo = (sql: Sql, uuid: string): void => void sql("DELETE FROM claw.holders WHERE job = $1", uuid);
