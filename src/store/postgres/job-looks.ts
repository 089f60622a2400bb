import type { JobQuery, JobState, LaneStats } from "../queue.ts";
import { QUEUE, SCHEMA } from "./boss.ts";
import type { Sql } from "./database.ts";
import { type JobRow, uuidOf } from "./job-data.ts";

// Every question to the tables of pg-boss that it has no call for. They only read, and hold for SCHEMA_VERSION of them.

const NOW = `${SCHEMA}.job_now()`;
const ms = (moment: string): string => `coalesce((extract(epoch FROM ${moment}) * 1000)::bigint, 0)`;
const WAITS = "job.state < 'active'";

const conditions: Readonly<Record<JobState, string>> = {
  ready: `${WAITS} AND job.start_after <= ${NOW}`,
  deferred: `${WAITS} AND job.start_after > ${NOW}`,
  leased: "job.state = 'active'",
  done: "job.state = 'completed'",
  dead: "job.state IN ('failed', 'cancelled')",
};
const STATE = `CASE ${Object.entries(conditions)
  .map(([state, holds]) => `WHEN ${holds} THEN '${state}'`)
  .join(" ")} END`;

const ROWS = `
  SELECT job.id AS uuid, job.data, ${STATE} AS state, job.retry_count AS fence, ${ms("job.start_after")} AS at,
    ${ms("job.created_on")} AS added, ${ms("job.started_on")} AS started, ${ms("job.completed_on")} AS ended,
    CASE WHEN job.state = 'failed' THEN job.output ->> 'last' END AS last, coalesce(holder.owner, '') AS owner,
    CASE WHEN holder.owner IS NULL THEN 0 ELSE ${ms("job.heartbeat_on")} + holder.lease END AS until
  FROM ${SCHEMA}.job AS job
  LEFT JOIN claw.holders AS holder
    ON holder.job = job.id AND holder.fence = job.retry_count AND job.state = 'active'
  WHERE job.name = '${QUEUE}'`;

/** Jobs in the order in which they would be claimed; those that are over newest first. */
export function jobRows(sql: Sql, { limit, state, id, subject }: JobQuery): Promise<readonly JobRow[]> {
  const given = [
    ...(id === undefined ? [] : [["job.id =", uuidOf(id)]]),
    ...(subject === undefined ? [] : [["job.data ->> 'subject' =", subject]]),
  ];
  const where = [...(state === undefined ? [] : [conditions[state]]), ...given.map(([is], at) => `${is} $${at + 2}`)];
  const over = state === "done" || state === "dead";
  return sql<JobRow>(
    `${ROWS} ${where.map((one) => `AND ${one}`).join(" ")}
     ORDER BY ${over ? "job.completed_on DESC" : "job.priority DESC, job.created_on"}, job.data ->> 'id' LIMIT $1`,
    limit,
    ...given.map(([, value]) => value),
  );
}

/** These jobs, where they stand so; nobody changes them until the transaction ends. */
export const lockedRows = (sql: Sql, uuids: readonly string[], state: JobState): Promise<readonly JobRow[]> =>
  sql<JobRow>(`${ROWS} AND ${conditions[state]} AND job.id = ANY($1) ORDER BY job.id FOR UPDATE OF job`, [...uuids]);

export const rowOf = async (sql: Sql, uuid: string): Promise<JobRow | undefined> =>
  (await sql<JobRow>(`${ROWS} AND job.id = $1`, uuid))[0];

const uuids = (sql: Sql, where: string, ...values: readonly unknown[]): Promise<string[]> =>
  sql<{ id: string }>(
    `SELECT job.id FROM ${SCHEMA}.job AS job WHERE job.name = '${QUEUE}' AND ${where} FOR UPDATE`,
    ...values,
  ).then((found) => found.map(({ id }) => id));

/** Those of the jobs that nobody does. */
export const idle = (sql: Sql, ids: readonly string[]): Promise<string[]> =>
  uuids(sql, "job.state <> 'active' AND job.id = ANY($1)", ids.map(uuidOf));

/** Jobs that ended before these moments, in milliseconds since the epoch. */
export const endedBefore = (sql: Sql, { done, dead }: { readonly done: number; readonly dead: number }) =>
  uuids(
    sql,
    `((${conditions.done} AND job.completed_on < to_timestamp($1::float8 / 1000))
      OR (${conditions.dead} AND job.completed_on < to_timestamp($2::float8 / 1000)))`,
    done,
    dead,
  );

/** Is anything due? */
export async function isAnyDue(sql: Sql): Promise<boolean> {
  const [found] = await sql<{ due: boolean }>(
    `SELECT EXISTS (SELECT FROM ${SCHEMA}.job AS job WHERE job.name = '${QUEUE}' AND ${conditions.ready}) AS due`,
  );
  return found?.due === true;
}

/** A group, and how many of its jobs are being done. */
export interface GroupCount {
  readonly group: string;
  readonly jobs: number;
}

export const busyGroups = (sql: Sql): Promise<readonly GroupCount[]> =>
  sql<GroupCount>(
    `SELECT group_id AS group, count(*) AS jobs FROM ${SCHEMA}.job AS job
     WHERE job.name = '${QUEUE}' AND job.state = 'active' AND job.group_id IS NOT NULL GROUP BY group_id`,
  );

export const waitingGroups = async (sql: Sql): Promise<readonly string[]> =>
  (
    await sql<{ group: string }>(
      `SELECT DISTINCT group_id AS group FROM ${SCHEMA}.job AS job WHERE job.name = '${QUEUE}' AND ${conditions.ready}`,
    )
  ).map(({ group }) => group);

/** The job on this that would be claimed first. */
export const firstAbout = async (sql: Sql, subject: string): Promise<{ id: string; group: string } | undefined> =>
  (
    await sql<{ id: string; group: string }>(
      `SELECT job.id, job.group_id AS group FROM ${SCHEMA}.job AS job
       WHERE job.name = '${QUEUE}' AND ${conditions.ready} AND job.data ->> 'subject' = $1
       ORDER BY job.priority DESC, job.created_on LIMIT 1`,
      subject,
    )
  )[0];

export const laneStats = (sql: Sql): Promise<readonly LaneStats[]> =>
  sql<LaneStats>(
    `SELECT lane, role, model, repository, state, count(*) AS jobs,
       CASE state WHEN 'done' THEN max(ended) ELSE min(added) END AS oldest,
       (CASE state WHEN 'done' THEN avg(ended - started) END)::float8 AS "tookMs"
     FROM (
       SELECT job.data ->> 'lane' AS lane, job.data ->> 'role' AS role, job.data ->> 'model' AS model,
         job.data ->> 'repository' AS repository, ${STATE} AS state, ${ms("job.created_on")} AS added,
         ${ms("job.started_on")} AS started, ${ms("job.completed_on")} AS ended
       FROM ${SCHEMA}.job AS job WHERE job.name = '${QUEUE}'
     ) AS job GROUP BY lane, role, model, repository, state ORDER BY lane, role, model, repository, state`,
  );
