import type { Database } from "better-sqlite3";
import { type JobQuery, type JobState, type LaneStats, type Queue, withTry } from "./queue.ts";
import { type JobRow, jobIn } from "./job-row.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";

/** What people ask the queue, and do about jobs that nobody works on. */
export function inspection(
  db: Database,
  row: (id: string) => JobRow | undefined,
): Pick<Queue, "jobs" | "stats" | "redrive" | "drop" | "prune"> {
  const sql = {
    stats: db.prepare(
      `SELECT lane, role, model, repository, state, count(*) AS jobs,
         CASE state WHEN 'done' THEN max(ended) ELSE min(added) END AS oldest,
         CASE state WHEN 'done' THEN avg(ended - started) END AS tookMs
       FROM jobs GROUP BY lane, role, model, repository, state ORDER BY lane, role, model, repository, state`,
    ),
    // A second job under its dedupe key may have come meanwhile: then it stays where it is.
    revive: db.prepare(
      "UPDATE OR IGNORE jobs SET state = 'ready', at = ?, tries = 0, crashes = 0, history = ? WHERE id = ? AND state = 'dead'",
    ),
    drop: db.prepare("DELETE FROM jobs WHERE id = ? AND state <> 'leased'"),
    prune: db.prepare("DELETE FROM jobs WHERE state = ? AND ended < ?"),
  };
  return {
    jobs: (query) => whenFree(db, () => select(db, query).map(jobIn)),
    stats: () => whenFree(db, () => sql.stats.all() as LaneStats[]),
    redrive: (ids, now) =>
      inTransaction(db, () =>
        ids.filter((id) => {
          const found = row(id);
          if (found?.state !== "dead") return false;
          const again = {
            from: now,
            to: now,
            owner: "",
            how: "revived",
            reason: "a person had it tried again",
          } as const;
          return sql.revive.run(now, withTry(found.history, again), id).changes === 1;
        }),
      ),
    drop: (ids) => inTransaction(db, () => ids.filter((id) => sql.drop.run(id).changes === 1)),
    prune: ({ done, dead }) =>
      inTransaction(db, () => sql.prune.run("done", done).changes + sql.prune.run("dead", dead).changes),
  };
}

/** Written out, since an index of the jobs in one state serves only who names the state. */
const inState: Readonly<Record<JobState, string>> = {
  ready: "state = 'ready'",
  deferred: "state = 'deferred'",
  leased: "state = 'leased'",
  done: "state = 'done'",
  dead: "state = 'dead'",
};

function select(db: Database, { limit, state, ...equal }: JobQuery): JobRow[] {
  const given = Object.entries(equal).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const conditions = [...(state ? [inState[state]] : []), ...given.map(([column]) => `${column} = ?`)];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  const over = state === "done" || state === "dead";
  const order = over ? "ended DESC, id DESC" : "rank, id";
  return db
    .prepare(`SELECT * FROM jobs ${where} ORDER BY ${order} LIMIT ?`)
    .all(...given.map(([, value]) => value), limit) as JobRow[];
}
