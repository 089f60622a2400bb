import { chmodSync, existsSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { InfrastructureError, machineFailure, UsageError } from "../errors.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";
import type { LedgerSize, Upkeep } from "./upkeep.ts";

/** Bodies taken out in one transaction: others wait for it. */
const AT_ONCE = 500;
/** Pages that a backup copies at once. */
const PAGES = 4000;

export function sqliteUpkeep(db: Database): Upkeep {
  const sql = {
    drop: db.prepare(
      `INSERT INTO blobs (sha, encoding, size, data) VALUES (?, 0, 0, NULL)
       ON CONFLICT (sha) DO UPDATE SET encoding = 0, data = NULL`,
    ),
    isDropped: db.prepare("SELECT 1 FROM blobs WHERE sha = ? AND data IS NULL"),
    bodySize: db.prepare("SELECT length(data) AS bytes FROM blobs WHERE sha = ?"),
  };
  return {
    isDropped: (sha) => whenFree(db, () => sql.isDropped.get(sha) !== undefined),
    async dropBodies(shas) {
      // What is taken out is also overwritten on the disk, in the file and in the log before it.
      db.pragma("secure_delete = ON");
      for (let from = 0; from < shas.length; from += AT_ONCE) {
        await inTransaction(
          db,
          () => {
            for (const sha of shas.slice(from, from + AT_ONCE)) sql.drop.run(sha);
          },
          true,
        );
      }
      await whenFree(db, () => db.pragma("wal_checkpoint(TRUNCATE)"));
    },
    bodyBytes: (shas) =>
      whenFree(db, () =>
        shas.reduce(
          (sum, sha) => sum + ((sql.bodySize.get(sha) as { bytes: number | null } | undefined)?.bytes ?? 0),
          0,
        ),
      ),
    size: () => whenFree(db, () => sizeOf(db)),
    async backup(file) {
      if (existsSync(file))
        throw new UsageError(`${file} exists already`, "name a new file: a backup overwrites nothing");
      // By far more at once than the hundred pages that are usual: a step holds up only this process.
      await db.backup(file, { progress: () => PAGES }).catch((error: unknown) => notWritten(file, error));
      chmodSync(file, 0o600);
    },
    async vacuum() {
      const before = bytesOf(db.name);
      await whenFree(db, () => db.exec("VACUUM"));
      await whenFree(db, () => db.pragma("wal_checkpoint(TRUNCATE)"));
      return before - bytesOf(db.name);
    },
  };
}

function notWritten(file: string, error: unknown): never {
  if (machineFailure(error)) throw error;
  throw new InfrastructureError(
    `the backup ${file} cannot be written: ${(error as Error).message}`,
    "name a file in a directory that is there, and that you may write to",
    error,
  );
}

const bytesOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

function sizeOf(db: Database): LedgerSize {
  const one = (query: string): Record<string, number> => db.prepare(query).get() as Record<string, number>;
  const events = one("SELECT count(*) AS count, coalesce(sum(length(body)), 0) AS bytes FROM events");
  const bodies = one(
    `SELECT count(data) AS count, count(*) - count(data) AS redacted,
       coalesce(sum(CASE WHEN data IS NULL THEN 0 ELSE size END), 0) AS plain, coalesce(sum(length(data)), 0) AS stored FROM blobs`,
  );
  return {
    file: bytesOf(db.name),
    log: bytesOf(`${db.name}-wal`),
    free:
      (db.pragma("freelist_count", { simple: true }) as number) * (db.pragma("page_size", { simple: true }) as number),
    runs: one("SELECT count(*) AS count FROM runs")["count"] ?? 0,
    anchors: one("SELECT count(*) AS count FROM anchors")["count"] ?? 0,
    events: { count: events["count"] ?? 0, bytes: events["bytes"] ?? 0 },
    bodies: {
      count: bodies["count"] ?? 0,
      redacted: bodies["redacted"] ?? 0,
      plain: bodies["plain"] ?? 0,
      stored: bodies["stored"] ?? 0,
    },
  };
}
