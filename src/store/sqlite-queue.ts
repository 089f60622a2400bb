import type { Database } from "better-sqlite3";
import { Fenced } from "../errors.ts";
import { type JobLease, type JobMove, type Queue, rankOf, type Try, withTry, type Worker } from "./queue.ts";
import type { Bell } from "./bell.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";
import { claimer } from "./sqlite-claim.ts";
import { type JobRow, jobIn } from "./job-row.ts";
import { inspection } from "./sqlite-queue-looks.ts";

/** The queue in the ledger's own file. `apply` is for a transaction that the caller has begun, and rings for by himself. */
export function sqliteQueue(
  db: Database,
  bell: Pick<Bell, "ring" | "hear">,
): { readonly door: Queue; readonly apply: (move: JobMove) => string | null } {
  const get = db.prepare("SELECT * FROM jobs WHERE id = ?");
  const row = (id: string): JobRow | undefined => get.get(id) as JobRow | undefined;
  const apply = mover(db, row);
  const claim = claimer(db);
  const extend = db.prepare("UPDATE jobs SET until = ? WHERE id = ? AND owner = ? AND fence = ? AND state = 'leased'");
  const leased = db.prepare("SELECT * FROM jobs WHERE state = 'leased' ORDER BY id");
  const give = db.prepare(
    "UPDATE jobs SET state = 'ready', owner = '', until = 0, crashes = crashes + 1, history = ? WHERE id = ?",
  );
  const { redrive, ...looks } = inspection(db, row);
  const door: Queue = {
    hear: bell.hear,
    async move(moves) {
      const added = await inTransaction(db, () => moves.flatMap((move) => apply(move) ?? []));
      if (moves.some(({ kind }) => kind !== "hold")) bell.ring();
      return added;
    },
    claim: (worker: Worker) => claim(worker),
    heartbeat: ({ job, owner, fence }, until) =>
      inTransaction(db, () => extend.run(until, job.id, owner, fence).changes === 1),
    async reap(mayTake, now) {
      const seen = await whenFree(db, () => leased.all() as JobRow[]);
      if (!seen.some(mayTake)) return [];
      const gone = await inTransaction(db, () =>
        (leased.all() as JobRow[]).filter(mayTake).map((lost) => {
          const { owner, started: from } = lost;
          const crashed: Try = { from, to: now, owner, how: "crashed", reason: "its worker went away" };
          give.run(withTry(lost.history, crashed), lost.id);
          return jobIn(row(lost.id) ?? lost);
        }),
      );
      bell.ring();
      return gone;
    },
    async redrive(ids, now) {
      const again = await redrive(ids, now);
      bell.ring();
      return again;
    },
    ...looks,
  };
  return { door, apply };
}

/** One change within a transaction. Gives the id of a job that was added. */
function mover(db: Database, row: (id: string) => JobRow | undefined): (move: JobMove) => string | null {
  const insert = db.prepare(
    `INSERT INTO jobs (id, kind, subject, payload, dedupe, priority, rank, at, slot, lane, role, model, repository, state, added)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const settle = db.prepare(
    "UPDATE jobs SET state = ?, at = ?, tries = ?, owner = '', until = 0, ended = ?, history = ? WHERE id = ?",
  );
  const held = ({ job, owner, fence }: JobLease): JobRow => {
    const found = row(job.id);
    if (found?.state !== "leased" || found.owner !== owner || found.fence !== fence) throw new Fenced(job.subject);
    return found;
  };
  return (move) => {
    const { now } = move;
    if (move.kind === "add") {
      const { id, kind, subject, payload, dedupe, priority, at, lane, role, model, repository } = move.job;
      const slot = JSON.stringify([lane, role, model, repository]);
      const state = at > now ? "deferred" : "ready";
      const [rank, named] = [rankOf(priority, now), [lane, role, model, repository]];
      const about = [id, kind, subject, payload, dedupe, priority, rank, at, slot, ...named, state, now];
      return insert.run(...about).changes === 1 ? id : null;
    }
    const found = held(move.lease);
    if (move.kind === "hold") return null;
    const over = { from: found.started, to: now, owner: found.owner };
    if (move.kind === "finish") settle.run("done", found.at, found.tries, now, found.history, found.id);
    else if (move.kind === "again") {
      const history = withTry(found.history, { ...over, how: "again", reason: move.reason });
      settle.run(move.at > now ? "deferred" : "ready", move.at, move.tries, found.ended, history, found.id);
    } else {
      const history = withTry(found.history, { ...over, how: "dead", reason: move.reason });
      settle.run("dead", found.at, found.tries, now, history, found.id);
    }
    return null;
  };
}
