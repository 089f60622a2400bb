import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "better-sqlite3";
import { InfrastructureError } from "../errors.ts";

/** How long a writer waits for others before it gives up, in milliseconds. */
const PATIENCE_MS = 30_000;

/**
 * One write transaction, taken with BEGIN IMMEDIATE. A busy database is asked again after a short, jittered sleep:
 * SQLite's own busy handler lets one process starve the others.
 */
export async function inTransaction<T>(db: Database, work: () => T, durable = false): Promise<T> {
  const transaction = db.transaction(work);
  return whenFree(db, () => {
    if (!durable) return transaction.immediate();
    db.pragma("synchronous = FULL");
    try {
      return transaction.immediate();
    } finally {
      db.pragma("synchronous = NORMAL");
    }
  });
}

/** The same patience, and the same errors, for reads and for statements that cannot run inside a transaction. */
export async function whenFree<T>(db: Database, work: () => T): Promise<T> {
  // Not before it is needed: the clock is a module that takes some milliseconds to load.
  let until: number | undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      return work();
    } catch (error) {
      const code = (error as { code?: string }).code ?? "";
      const busy = code.startsWith("SQLITE_BUSY");
      if (busy && performance.now() < (until ??= performance.now() + PATIENCE_MS)) {
        await sleep(0.1 + Math.random() * Math.min(4, 0.4 * (attempt + 1)));
        continue;
      }
      throw explained(error, code, db.name);
    }
  }
}

function explained(error: unknown, code: string, file: string): unknown {
  if (code.startsWith("SQLITE_BUSY")) {
    return new InfrastructureError(
      `the ledger ${file} has been locked by another process for ${PATIENCE_MS / 1000} s`,
      "end the process that holds it (see: fuser on the ledger file), then resume the run",
      error,
    );
  }
  if (code.startsWith("SQLITE_READONLY")) {
    return new InfrastructureError(
      `the ledger ${file} cannot be written: ${(error as Error).message}`,
      "check who owns it and its permissions, or set CLAW_HOME to another directory",
      error,
    );
  }
  if (code === "SQLITE_FULL" || code.startsWith("SQLITE_IOERR")) {
    return new InfrastructureError(
      `the ledger ${file} could not be written: ${(error as Error).message}`,
      "free space on the disk that holds CLAW_HOME; nothing recorded is lost: continue with claw resume <run>",
      error,
    );
  }
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") {
    return new InfrastructureError(
      `the ledger ${file} is damaged: ${(error as Error).message}`,
      "restore it from a backup, or set CLAW_HOME to another directory",
      error,
    );
  }
  return error;
}
