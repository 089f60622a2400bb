import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Fenced, InfrastructureError, UsageError } from "../errors.ts";
import { bellOf } from "./bell.ts";
import { type Migration, migrations } from "./migrations.ts";
import { ownersOf } from "./owners.ts";
import { lookedAt, type Packed, type PackedBody, packedBlob, unpacked } from "./packed.ts";
import { moneyDesk } from "./sqlite-accounts.ts";
import { damageOf } from "./sqlite-check.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";
import { notesOf } from "./sqlite-notes.ts";
import { sqliteQueue } from "./sqlite-queue.ts";
import { sqliteRunIndex } from "./sqlite-run-index.ts";
import { sqliteSchedules } from "./sqlite-schedules.ts";
import { sqliteUpkeep } from "./sqlite-upkeep.ts";
import {
  type AnchorRow,
  type ListedRun,
  type NextAnchor,
  type Onward,
  type Row,
  type Store,
  TASK_PREFIX,
} from "./store.ts";

/** No limit, for SQLite. */
const ALL = -1;

/** The ledger's file, created with its directory when missing; ":memory:" for tests. Private to its owner. */
export async function openSqlite(file: string, steps: readonly Migration[] = migrations): Promise<Store> {
  const db = await open(file, steps);
  try {
    return storeOn(db, steps);
  } catch (error) {
    db.close();
    throw new InfrastructureError(
      `the ledger ${file} is damaged: ${(error as Error).message}`,
      "restore it from a backup, or set CLAW_HOME to another directory",
      error,
    );
  }
}

function storeOn(db: Database.Database, steps: readonly Migration[]): Store {
  const statements = prepare(db);
  const money = moneyDesk(db);
  const bell = bellOf(db.memory ? null : db.name);
  const queue = sqliteQueue(db, bell);
  const { refuseStale, ...owners } = ownersOf(db);
  const { move, ...schedules } = sqliteSchedules(db);
  const write = <T>(work: () => T, durable = false): Promise<T> => inTransaction(db, work, durable);
  const endsOf = ({ run, last }: { run: string; last: number }) => {
    const rows = [statements.row.get(run, 0), statements.row.get(run, last)] as (Row | undefined)[];
    // A run whose rows somebody deleted has no ends; the anchors still know of it.
    return rows[0] && rows[1] ? [{ first: rows[0], last: rows[1] }] : [];
  };

  return {
    async append({ rows, blobs, durable, lease, anchor, slot, money: moves = [], onto = [], jobs = [] }) {
      // Before the others have to wait: once, however often the database is busy.
      const packed = blobs.map(packedBlob);
      // FULL waits for the disk: only for what must survive a power cut.
      await write(() => {
        if (lease) refuseStale(lease);
        for (const blob of packed) statements.putBlob.run(...blob);
        for (const row of rows) insertRow(statements, row);
        const anchors = onto.flatMap((onward) => goOn(statements, onward));
        for (const move of moves) money.apply(move);
        if (slot) move(slot);
        for (const move of jobs) queue.apply(move);
        for (const next of anchor ? [...anchors, anchor] : anchors) insertAnchor(statements, next);
      }, durable);
      if (jobs.length + onto.length > 0 || rows[0]?.run.startsWith(TASK_PREFIX)) bell.ring();
    },
    queue: queue.door,
    place: { shown: db.name, inClear: false },
    accounts: (scopes) => whenFree(db, () => scopes.map((scope) => money.account(scope))),
    change: notesOf(db, write),
    settleGone: (gone) => write(() => money.settleGone(gone)),
    rows: (run, from = 0, limit = ALL) => whenFree(db, () => statements.rows.all(run, from, limit) as Row[]),
    ends: (limit) =>
      whenFree(db, () => (statements.ends.all(TASK_PREFIX, limit) as { run: string; last: number }[]).flatMap(endsOf)),
    find: (prefix) =>
      whenFree(db, () => {
        const found = statements.find.all(prefix, `${prefix}\uffff`) as { run: string }[];
        return found.map(({ run }) => run);
      }),
    blob: (sha) =>
      whenFree(db, () => {
        const found = statements.getBlob.get(sha) as Packed | undefined;
        return found ? unpacked(found) : null;
      }),
    anchor: (next) => write(() => insertAnchor(statements, next), true),
    anchors: (from = 0, limit = ALL) => whenFree(db, () => statements.anchors.all(from, limit) as AnchorRow[]),
    ...pagesOf(db, statements),
    ...sqliteRunIndex(db),
    ...owners,
    ...schedules,
    ...sqliteUpkeep(db),
    damage: () => whenFree(db, () => damageOf(db, steps)),
    async close() {
      bell.close();
      db.close();
    },
  };
}

/** What only audits read. */
function pagesOf(
  db: Database.Database,
  statements: ReturnType<typeof prepare>,
): Pick<Store, "isExact" | "runAfter" | "listedRun" | "storedBody" | "bodiesAfter" | "lacking"> {
  return {
    isExact: ({ run, seq, body }) =>
      whenFree(db, () => {
        const found = statements.bytes.get(run, seq) as { body: Buffer } | undefined;
        return found?.body.equals(Buffer.from(body)) ?? false;
      }),
    runAfter: (after) =>
      whenFree(db, () => {
        const listed = statements.listedAfter.get(after) as ListedRun | undefined;
        const written = statements.writtenAfter.get(after) as { run: string } | undefined;
        if (listed && (!written || listed.run <= written.run)) return listed;
        return written ? { run: written.run, last: null } : null;
      }),
    listedRun: (run) =>
      whenFree(db, () => (statements.listed.get(run) as ListedRun | undefined) ?? { run, last: null }),
    storedBody: (sha) =>
      whenFree(db, () => {
        const found = statements.wholeBlob.get(sha) as PackedBody | undefined;
        return found ? lookedAt(found) : null;
      }),
    bodiesAfter: (after, limit) =>
      whenFree(db, () => (statements.blobsAfter.all(after, limit) as PackedBody[]).map(lookedAt)),
    lacking: (shas) => whenFree(db, () => shas.filter((sha) => statements.hasBlob.get(sha) === undefined)),
  };
}

async function open(file: string, steps: readonly Migration[]): Promise<Database.Database> {
  let db: Database.Database | undefined;
  try {
    if (file !== ":memory:") makeDirectory(dirname(file));
    const isNew = file === ":memory:" || !existsSync(file);
    const opened = new Database(file, { timeout: 0 });
    db = opened;
    if (isNew && file !== ":memory:") chmodSync(file, 0o600);
    await whenFree(opened, () => opened.pragma("journal_mode = WAL"));
    opened.pragma("synchronous = NORMAL");
    opened.pragma("foreign_keys = ON");
    await migrate(opened, file, steps);
    return opened;
  } catch (error) {
    db?.close();
    if (error instanceof UsageError || error instanceof InfrastructureError) throw error;
    throw new InfrastructureError(
      `the ledger ${file} cannot be opened: ${(error as Error).message}`,
      "check the disk and the file's owner, or set CLAW_HOME to another directory",
      error,
    );
  }
}

/** Step by step: Node's own recursive mkdir never ends where the system denies that a directory it just made exists, as below /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error; // another process was quicker
  }
}

async function migrate(db: Database.Database, file: string, steps: readonly Migration[]): Promise<void> {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > steps.length) {
    throw new InfrastructureError(
      `the ledger ${file} was written by a newer claw (format ${version}, this one knows ${steps.length})`,
      "update claw, or set CLAW_HOME to a directory of its own for this version",
    );
  }
  if (version === steps.length) return;
  if (version > 0) await backUp(db, `${file}.before-${steps.length}`);
  await inTransaction(db, () => {
    // Another process may have migrated while we waited for the lock.
    const now = db.pragma("user_version", { simple: true }) as number;
    for (const step of steps.slice(now)) step(db);
    db.pragma(`user_version = ${Math.max(now, steps.length)}`);
  });
}

/**
 * A copy from before a migration, with what is still in the write-ahead log. The first process to come makes it, and gives it
 * its name when it is whole: what a killed one left is no copy.
 */
async function backUp(db: Database.Database, copy: string): Promise<void> {
  if (existsSync(copy)) return;
  const partial = `${copy}.${process.pid}`;
  rmSync(partial, { force: true });
  await whenFree(db, () => db.prepare("VACUUM INTO ?").run(partial));
  chmodSync(partial, 0o600);
  renameSync(partial, copy);
}

function prepare(db: Database.Database) {
  return {
    insert: db.prepare("INSERT INTO events (run, seq, body, hash) VALUES (?, ?, ?, ?)"),
    touchRun: db.prepare(
      "INSERT INTO runs (run, last) VALUES (?, ?) ON CONFLICT (run) DO UPDATE SET last = excluded.last",
    ),
    rows: db.prepare("SELECT run, seq, body, hash FROM events WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?"),
    row: db.prepare("SELECT run, seq, body, hash FROM events WHERE run = ? AND seq = ?"),
    bytes: db.prepare("SELECT CAST(body AS BLOB) AS body FROM events WHERE run = ? AND seq = ?"),
    ends: db.prepare("SELECT run, last FROM runs WHERE run < ? ORDER BY run DESC LIMIT ?"),
    // A range, for which the key serves: LIKE would look at every run.
    find: db.prepare("SELECT run FROM runs WHERE run >= ? AND run < ? ORDER BY run LIMIT 10"),
    // What was taken out of earlier runs and is written again is there again: later runs could not work without it.
    putBlob: db.prepare(
      "INSERT INTO blobs (sha, encoding, size, data) VALUES (?, ?, ?, ?) ON CONFLICT (sha) DO UPDATE SET encoding = excluded.encoding, size = excluded.size, data = excluded.data WHERE data IS NULL",
    ),
    getBlob: db.prepare("SELECT encoding, data FROM blobs WHERE sha = ?"),
    newest: db.prepare("SELECT run, seq, body, hash FROM events WHERE run = ? ORDER BY seq DESC LIMIT 1"),
    newestAnchor: db.prepare("SELECT * FROM anchors ORDER BY seq DESC LIMIT 1"),
    putAnchor: db.prepare("INSERT INTO anchors (seq, run, last, head, at, hash) VALUES (?, ?, ?, ?, ?, ?)"),
    anchors: db.prepare("SELECT * FROM anchors WHERE seq >= ? ORDER BY seq LIMIT ?"),
    listed: db.prepare("SELECT run, last FROM runs WHERE run = ?"),
    listedAfter: db.prepare("SELECT run, last FROM runs WHERE run > ? ORDER BY run LIMIT 1"),
    writtenAfter: db.prepare("SELECT run FROM events WHERE run > ? ORDER BY run LIMIT 1"),
    wholeBlob: db.prepare("SELECT * FROM blobs WHERE sha = ?"),
    blobsAfter: db.prepare("SELECT * FROM blobs WHERE sha > ? ORDER BY sha LIMIT ?"),
    hasBlob: db.prepare("SELECT 1 FROM blobs WHERE sha = ?"),
  };
}

function insertRow(statements: ReturnType<typeof prepare>, { run, seq, body, hash }: Row): void {
  try {
    statements.insert.run(run, seq, body, hash);
  } catch (error) {
    if ((error as { code?: string }).code === "SQLITE_CONSTRAINT_PRIMARYKEY") throw new Fenced(run, error);
    throw error;
  }
  statements.touchRun.run(run, seq);
}

/** Rows of a stream that nobody holds, and the anchor that is to come of them. */
function goOn(statements: ReturnType<typeof prepare>, { run, rows, anchor }: Onward): NextAnchor[] {
  const further = rows((statements.newest.get(run) as Row | undefined) ?? null);
  for (const row of further) insertRow(statements, row);
  const last = further.at(-1);
  return anchor && last ? [(newest) => anchor(last, newest)] : [];
}

function insertAnchor(statements: ReturnType<typeof prepare>, next: NextAnchor): void {
  const row = next((statements.newestAnchor.get() as AnchorRow | undefined) ?? null);
  statements.putAnchor.run(row.seq, row.run, row.last, row.head, row.at, row.hash);
}
