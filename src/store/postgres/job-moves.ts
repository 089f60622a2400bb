import { Fenced } from "../../errors.ts";
import { type JobLease, type JobMove, type NewJob, rankOf, withTry } from "../queue.ts";
import type { JobRow } from "../job-row.ts";
import type { Sql } from "./database.ts";

/** One change of the queue, inside the transaction of what it means. Gives the id of a job that was added. */
export async function applyJob(sql: Sql, move: JobMove): Promise<string | null> {
  const { now } = move;
  if (move.kind === "add") return add(sql, move.job, now);
  const found = await held(sql, move.lease);
  if (move.kind === "hold") return null;
  const over = { from: found.started, to: now, owner: found.owner };
  if (move.kind === "finish") await settle(sql, { ...found, state: "done", ended: now });
  else if (move.kind === "again") {
    const history = withTry(found.history, { ...over, how: "again", reason: move.reason });
    const state = move.at > now ? "deferred" : "ready";
    await settle(sql, { ...found, state, at: move.at, tries: move.tries, history });
  } else {
    const history = withTry(found.history, { ...over, how: "dead", reason: move.reason });
    await settle(sql, { ...found, state: "dead", ended: now, history });
  }
  return null;
}

async function add(sql: Sql, job: NewJob, now: number): Promise<string | null> {
  const { id, kind, subject, payload, dedupe, priority, at, lane, role, model, repository } = job;
  const slot = JSON.stringify([lane, role, model, repository]);
  const state = at > now ? "deferred" : "ready";
  const [rank, named] = [rankOf(priority, now), [lane, role, model, repository]];
  const added = await sql(
    `INSERT INTO claw.jobs (id, kind, subject, payload, dedupe, priority, rank, at, slot, lane, role, model, repository, state, added)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING RETURNING id`,
    id,
    kind,
    subject,
    payload,
    dedupe,
    priority,
    rank,
    at,
    slot,
    ...named,
    state,
    now,
  );
  return added.length === 1 ? id : null;
}

/** The row of a job that this worker still has; until the transaction ends nobody else changes it. */
async function held(sql: Sql, { job, owner, fence }: JobLease): Promise<JobRow> {
  const [found] = await sql<JobRow>("SELECT * FROM claw.jobs WHERE id = $1 FOR UPDATE", job.id);
  if (found?.state !== "leased" || found.owner !== owner || found.fence !== fence) throw new Fenced(job.subject);
  return found;
}

async function settle(sql: Sql, { id, state, at, tries, ended, history }: JobRow): Promise<void> {
  await sql(
    "UPDATE claw.jobs SET state = $2, at = $3, tries = $4, owner = '', until = 0, ended = $5, history = $6 WHERE id = $1",
    id,
    state,
    at,
    tries,
    ended,
    history,
  );
}
