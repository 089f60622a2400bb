import { type Job, type JobQuery, type LaneStats, type Queue, type Try, withTry } from "../queue.ts";
import { type JobRow, jobIn } from "../job-row.ts";
import type { Holder } from "../store.ts";
import { claimed } from "./claim.ts";
import type { Database, Sql } from "./database.ts";
import { applyJob } from "./job-moves.ts";

/** A heartbeat that has no answer for longer than this is of no use any more: the next one is due. */
const BEAT_MS = 5000;

/** The queue beside the ledger, in the same database. */
export function queueOf(db: Database): Queue {
  return {
    move: (moves) =>
      db.write(
        async (sql) => {
          const added: string[] = [];
          for (const move of moves) added.push(...[await applyJob(sql, move)].filter((id) => id !== null));
          return added;
        },
        { durable: true },
      ),
    claim: (worker) => claimed(db, worker),
    heartbeat: ({ job, owner, fence }, until) =>
      db.write(
        async (sql) =>
          (
            await sql(
              "UPDATE claw.jobs SET until = $1 WHERE id = $2 AND owner = $3 AND fence = $4 AND state = 'leased' RETURNING id",
              until,
              job.id,
              owner,
              fence,
            )
          ).length === 1,
        { patienceMs: BEAT_MS },
      ),
    reap: (mayTake, now) => reaped(db, mayTake, now),
    jobs: (query) => db.read(async (sql) => (await select(sql, query)).map(jobIn)),
    stats: () => db.read((sql) => sql<LaneStats>(STATS)),
    redrive: (ids, now) => db.write((sql) => redriven(sql, ids, now), { durable: true }),
    drop: (ids) =>
      db.write(async (sql) => {
        const gone = await sql<{ id: string }>(
          "DELETE FROM claw.jobs WHERE id = ANY($1) AND state <> 'leased' RETURNING id",
          [...ids],
        );
        const dropped = new Set(gone.map(({ id }) => id));
        return ids.filter((id) => dropped.has(id));
      }),
    prune: ({ done, dead }) =>
      db.write(async (sql) => {
        const gone = await sql(
          "DELETE FROM claw.jobs WHERE (state = 'done' AND ended < $1) OR (state = 'dead' AND ended < $2) RETURNING id",
          done,
          dead,
        );
        return gone.length;
      }),
  };
}

async function reaped(db: Database, mayTake: (holder: Holder) => boolean, now: number): Promise<readonly Job[]> {
  const seen = await db.read((sql) => sql<JobRow>(`${LEASED} ORDER BY id`));
  if (!seen.some(mayTake)) return [];
  return db.write(async (sql) => {
    const lost = (await sql<JobRow>(`${LEASED} ORDER BY id FOR UPDATE`)).filter(mayTake);
    const given = lost.map(async ({ id, owner, started: from, history }) => {
      const crashed: Try = { from, to: now, owner, how: "crashed", reason: "its worker went away" };
      return sql<JobRow>(GIVE, id, withTry(history, crashed));
    });
    return (await Promise.all(given)).flat().map(jobIn);
  });
}

const LEASED = "SELECT * FROM claw.jobs WHERE state = 'leased'";
const GIVE = `
  UPDATE claw.jobs SET state = 'ready', owner = '', until = 0, crashes = crashes + 1, history = $2 WHERE id = $1 RETURNING *`;
const STATS = `
  SELECT lane, role, model, repository, state, count(*) AS jobs,
    CASE state WHEN 'done' THEN max(ended) ELSE min(added) END AS oldest,
    (CASE state WHEN 'done' THEN avg(ended - started) END)::float8 AS "tookMs"
  FROM claw.jobs GROUP BY lane, role, model, repository, state ORDER BY lane, role, model, repository, state`;

async function redriven(sql: Sql, ids: readonly string[], now: number): Promise<readonly string[]> {
  const again: string[] = [];
  for (const id of ids) {
    const [found] = await sql<JobRow>("SELECT * FROM claw.jobs WHERE id = $1 AND state = 'dead' FOR UPDATE", id);
    if (!found) continue;
    const revived: Try = { from: now, to: now, owner: "", how: "revived", reason: "a person had it tried again" };
    // A second job under its dedupe key may have come meanwhile: then it stays where it is.
    const changed = await sql(
      `UPDATE claw.jobs SET state = 'ready', at = $2, tries = 0, crashes = 0, history = $3 WHERE id = $1 AND NOT EXISTS (
         SELECT 1 FROM claw.jobs AS other WHERE other.dedupe = $4 AND other.state IN ('ready', 'deferred', 'leased')
       ) RETURNING id`,
      id,
      now,
      withTry(found.history, revived),
      found.dedupe,
    );
    if (changed.length === 1) again.push(id);
  }
  return again;
}

function select(sql: Sql, { limit, ...equal }: JobQuery): Promise<readonly JobRow[]> {
  const given = Object.entries(equal).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const where =
    given.length === 0 ? "" : `WHERE ${given.map(([column], at) => `${column} = $${at + 2}`).join(" AND ")}`;
  const over = equal.state === "done" || equal.state === "dead";
  const order = over ? "ended DESC, id DESC" : "rank, id";
  return sql<JobRow>(
    `SELECT * FROM claw.jobs ${where} ORDER BY ${order} LIMIT $1`,
    limit,
    ...given.map(([, value]) => value),
  );
}
