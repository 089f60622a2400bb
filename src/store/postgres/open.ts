import { Fenced, InfrastructureError } from "../../errors.ts";
import { packedBlob } from "../packed.ts";
import type { AnchorRow, NextAnchor, Onward, Row, Store, StorePlace } from "../store.ts";
import { accountsOf, applyMove } from "./accounts.ts";
import { type Address } from "./address.ts";
import { bossOn } from "./boss.ts";
import { damageOf } from "./check.ts";
import { type Database, openDatabase, type Sql } from "./database.ts";
import { DatabaseFailure, UNIQUE_VIOLATION } from "./failure.ts";
import { migrate, steps as allSteps } from "./migrations.ts";
import { notesOf } from "./notes.ts";
import { ownersOf, refuseStale } from "./owners.ts";
import { pagesOf } from "./pages.ts";
import { applyJobs } from "./job-moves.ts";
import { queueOf } from "./queue.ts";
import { runIndexOf } from "./run-index.ts";
import { moveSlot, schedulesOf } from "./schedules.ts";
import { upkeepOf } from "./upkeep.ts";

/** The ledger in the schema claw of a PostgreSQL database, made there when it is missing. */
export async function openPostgres(address: Address, steps: readonly string[] = allSteps): Promise<Store> {
  const db = await openDatabase(address);
  try {
    await migrate(db, steps);
    return storeOn(db, steps);
  } catch (error) {
    await db.close();
    throw error;
  }
}

function storeOn(db: Database, steps: readonly string[]): Store {
  const boss = bossOn(db);
  return {
    append: async (append) => {
      // Once, however often the transaction is tried.
      const blobs = append.blobs.map(packedBlob);
      const { rows, durable, lease, anchor, slot, money = [], onto = [], jobs = [] } = append;
      const last = rows.at(-1);
      const queue = jobs.length === 0 ? undefined : await boss.ready();
      return db.write(
        async (sql) => {
          const fresh = lease && refuseStale(sql, lease);
          const [first] = rows;
          const whole = lease && first && first.seq > 0 && refuseGap(db, sql, first);
          if (blobs.length > 0) void sql(PUT_BLOBS, ...columns(blobs));
          const inserted = insertRows(sql, rows);
          await Promise.all([fresh, whole, inserted]);
          const anchors: NextAnchor[] = [];
          for (const onward of inOrder(onto)) anchors.push(...(await goOn(sql, onward)));
          for (const move of money) await applyMove(sql, move);
          if (slot) await moveSlot(sql, slot);
          if (queue) await applyJobs(queue, sql, jobs);
          // Last of all: whoever adds anchors makes the others wait.
          for (const next of anchor ? [...anchors, anchor] : anchors) await insertAnchor(sql, next);
        },
        { durable, ...(last && { landed: (sql: Sql) => isThere(sql, last) }) },
      );
    },
    anchor: (next) => db.write((sql) => insertAnchor(sql, next), { durable: true }),
    change: notesOf(db),
    ...pagesOf(db),
    ...accountsOf(db),
    ...ownersOf(db),
    ...runIndexOf(db),
    ...upkeepOf(db),
    ...schedulesOf(db),
    queue: queueOf(db, boss),
    place: placeOf(db),
    damage: async () => [...(await damageOf(db, steps)), ...(await boss.damage())],
    close: () => {
      boss.close();
      return db.close();
    },
  };
}

function placeOf({ address: { shown, host }, encrypted }: Database): StorePlace {
  const near = host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.");
  return { shown: encrypted ? `${shown}, encrypted` : shown, inClear: !encrypted && !near };
}

// What was taken out of earlier runs and is written again is there again: later runs could not work without it.
const PUT_BLOBS = `
  INSERT INTO claw.blobs AS held (sha, encoding, size, data)
  SELECT DISTINCT ON (sha) * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bytea[]) AS given (sha, encoding, size, data)
  ORDER BY sha
  ON CONFLICT (sha) DO UPDATE SET encoding = excluded.encoding, size = excluded.size, data = excluded.data WHERE held.data IS NULL`;

async function insertRows(sql: Sql, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const inserted = sql(
    "INSERT INTO claw.events (run, seq, body, hash) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])",
    ...columns(rows.map(({ run, seq, body, hash }) => [run, seq, body, hash])),
  );
  const ends = new Map(rows.map(({ run, seq }) => [run, seq]));
  const listed = sql(
    "INSERT INTO claw.runs (run, last) SELECT * FROM unnest($1::text[], $2::bigint[]) ON CONFLICT (run) DO UPDATE SET last = excluded.last",
    ...columns([...ends]),
  );
  try {
    await inserted;
  } catch (error) {
    const taken =
      error instanceof DatabaseFailure && error.code === UNIQUE_VIOLATION && error.constraint === "events_pkey";
    throw taken ? new Fenced(first.run, error) : error;
  }
  await listed;
}

/** Rows of a stream that nobody holds, and the anchor that is to come of them: who adds some waits for who does right now. */
async function goOn(sql: Sql, { run, rows, anchor }: Onward): Promise<NextAnchor[]> {
  void sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 2))", `claw.events ${run}`);
  const [newest] = await sql<Row>(
    "SELECT run, seq, body, hash FROM claw.events WHERE run = $1 ORDER BY seq DESC LIMIT 1",
    run,
  );
  const further = rows(newest ?? null);
  await insertRows(sql, further);
  const last = further.at(-1);
  return anchor && last ? [(before) => anchor(last, before)] : [];
}

/** Always in the same order: two who wait for each other would wait for ever. */
const inOrder = (onto: readonly Onward[]): readonly Onward[] =>
  onto.toSorted((one, other) => (one.run < other.run ? -1 : Number(one.run > other.run)));

/**
 * A server that crashed may have lost what was not to survive that, while its writer lives: nothing is written behind such a
 * gap.
 */
async function refuseGap({ address }: Database, sql: Sql, { run, seq }: Row): Promise<void> {
  if ((await sql("SELECT 1 FROM claw.events WHERE run = $1 AND seq = $2", run, seq - 1)).length > 0) return;
  throw new InfrastructureError(
    `${address.shown} has lost the last events of run ${run}: it crashed`,
    `what it lost was not lost work: continue with claw resume ${run}`,
  );
}

async function isThere(sql: Sql, { run, seq, hash }: Row): Promise<boolean> {
  return (await sql("SELECT 1 FROM claw.events WHERE run = $1 AND seq = $2 AND hash = $3", run, seq, hash)).length > 0;
}

/** One anchor after the other: who adds one waits for who does right now, and then sees the newest. */
async function insertAnchor(sql: Sql, next: NextAnchor): Promise<void> {
  void sql("SELECT steps FROM claw.format FOR UPDATE");
  const [newest] = await sql<AnchorRow>("SELECT * FROM claw.anchors ORDER BY seq DESC LIMIT 1");
  const { seq, run, last, head, at, hash } = next(newest ?? null);
  await sql(
    "INSERT INTO claw.anchors (seq, run, last, head, at, hash) VALUES ($1, $2, $3, $4, $5, $6)",
    seq,
    run,
    last,
    head,
    at,
    hash,
  );
}

/** Rows as columns, one array for each. */
const columns = (rows: readonly (readonly unknown[])[]): readonly unknown[][] =>
  (rows[0] ?? []).map((_, column) => rows.map((row) => row[column]));
