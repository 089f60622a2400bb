import type { PgBoss } from "pg-boss";
import { type Job, type Queue, type Try, withTry } from "../queue.ts";
import type { Holder } from "../store.ts";
import { affected, type Boss, QUEUE, within } from "./boss.ts";
import { claimed } from "./claim.ts";
import type { Database, Sql } from "./database.ts";
import { DatabaseFailure, UNIQUE_VIOLATION } from "./failure.ts";
import { jobIn, type JobRow, uuidOf } from "./job-data.ts";
import { endedBefore, idle, jobRows, laneStats, lockedRows, rowOf } from "./job-looks.ts";
import { applyJobs, attemptOf, giveBack, redrive } from "./job-moves.ts";

/** A heartbeat that has no answer for longer than this is of no use any more: the next one is due. */
const BEAT_MS = 5000;
/** How often a process that works has pg-boss keep its tables in order. Of many it is done by one, as pg-boss sees to itself. */
const UPKEEP_MS = 600_000;
/** More jobs than this are not done at once. */
const MANY = 1_000_000;

/**
 * The queue beside the ledger, in the same database: pg-boss keeps the jobs. Who holds one is in claw.holders; everything else
 * that is claw's is in the job's own data.
 */
export function queueOf(db: Database, boss: Boss): Queue {
  let keptAt = performance.now();
  const upkeep = async (): Promise<void> => {
    if (performance.now() - keptAt < UPKEEP_MS) return;
    keptAt = performance.now();
    await (await boss.ready()).supervise(QUEUE);
  };
  const look = async <T>(question: (sql: Sql) => Promise<T>): Promise<T> => {
    await boss.tables();
    return db.read(question);
  };
  const change = async <T>(work: (own: PgBoss, sql: Sql) => Promise<T>): Promise<T> => {
    const own = await boss.ready();
    return db.write((sql) => work(own, sql), { durable: true });
  };
  return {
    install: () => boss.install(),
    move: (moves) => change((own, sql) => applyJobs(own, sql, moves)),
    claim: async (worker) => claimed(db, await boss.ready(), worker),
    // For as long again as it was claimed for: until then by the clock of the database.
    heartbeat: async (lease) => {
      const own = await boss.ready();
      const beat = (sql: Sql) => own.touch(QUEUE, attemptOf(lease), within(sql));
      return affected(await db.write(beat, { patienceMs: BEAT_MS })) === 1;
    },
    async reap(mayTake, now) {
      void upkeep().catch(() => {});
      const lost = (await look((sql) => jobRows(sql, { state: "leased", limit: MANY }))).filter(isHeld(mayTake));
      return lost.length === 0 ? [] : change((own, sql) => reaped(own, sql, lost, { mayTake, now }));
    },
    jobs: async (query) => (await look((sql) => jobRows(sql, query))).map(jobIn),
    stats: () => look(laneStats),
    redrive: async (ids, now) => (ids.length === 0 ? [] : change((own, sql) => redriven(own, sql, ids, now))),
    drop: async (ids) => {
      if (ids.length === 0) return [];
      return change(async (own, sql) => {
        const gone = new Set(await forget(own, sql, await idle(sql, ids)));
        return ids.filter((id) => gone.has(uuidOf(id)));
      });
    },
    prune: (before) => change(async (own, sql) => (await forget(own, sql, await endedBefore(sql, before))).length),
  };
}

const isHeld =
  (mayTake: (holder: Holder) => boolean) =>
  ({ owner, until }: JobRow): boolean =>
    owner !== "" && mayTake({ owner, until });

async function forget(boss: PgBoss, sql: Sql, uuids: readonly string[]): Promise<readonly string[]> {
  if (uuids.length > 0) await boss.deleteJob(QUEUE, [...uuids], within(sql));
  return uuids;
}

interface Reaping {
  readonly mayTake: (holder: Holder) => boolean;
  readonly now: number;
}

async function reaped(
  boss: PgBoss,
  sql: Sql,
  seen: readonly JobRow[],
  { mayTake, now }: Reaping,
): Promise<readonly Job[]> {
  const locked = await lockedRows(
    sql,
    seen.map(({ uuid }) => uuid),
    "leased",
  );
  const given: Job[] = [];
  for (const lost of locked.filter(isHeld(mayTake))) {
    const { data, owner, started: from } = lost;
    const crashed: Try = { from, to: now, owner, how: "crashed", reason: "its worker went away" };
    const history = withTry(data.history, crashed);
    await giveBack(boss, sql, lost, { data: { ...data, crashes: data.crashes + 1, history } });
    const row = await rowOf(sql, lost.uuid);
    if (row) given.push(jobIn(row));
  }
  return given;
}

async function redriven(boss: PgBoss, sql: Sql, ids: readonly string[], now: number): Promise<readonly string[]> {
  const dead = new Map((await lockedRows(sql, ids.map(uuidOf), "dead")).map((row) => [row.uuid, row]));
  const again: string[] = [];
  for (const id of new Set(ids)) {
    const row = dead.get(uuidOf(id));
    if (!row) continue;
    void sql("SAVEPOINT claw_redriven");
    try {
      await redrive(boss, sql, row, now);
      again.push(id);
    } catch (error) {
      // A second job under its dedupe key has come meanwhile: then it stays where it is.
      if (!(error instanceof DatabaseFailure) || error.code !== UNIQUE_VIOLATION) throw error;
      void sql("ROLLBACK TO claw_redriven");
    }
  }
  return again;
}
