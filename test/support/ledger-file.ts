import { join } from "node:path";
import Database from "better-sqlite3";
import { onTestFinished } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { type Ledger, openLedger, type RunLog } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { tickingClock } from "./recorded-fix.ts";
import { temporaryDirectory } from "./temporary.ts";

export interface LedgerPlace {
  /** Path or address. */
  readonly file: string;
  readonly store: Store;
  readonly ledger: Ledger;
  /** Works on the same ledger past claw, without the triggers that keep facts as they are. */
  readonly tamper: (sql: string) => Promise<void>;
}

export interface LedgerFile extends Omit<LedgerPlace, "tamper"> {
  readonly tamper: (sql: string) => void;
}

/** A ledger in a file of its own. */
export async function ledgerFile({ scrub = (text: string) => text } = {}): Promise<LedgerFile> {
  const file = join(temporaryDirectory(), "ledger.sqlite");
  const store = await openSqlite(file);
  onTestFinished(() => store.close());
  return { file, store, ledger: openLedger({ store, clock: tickingClock(), scrub }), tamper: tamperer(file) };
}

const tamperer = (file: string) => (sql: string) => {
  const db = new Database(file);
  const triggers = sql.includes("events")
    ? (db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all() as {
        name: string;
        sql: string;
      }[])
    : [];
  for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
  db.exec(sql);
  for (const trigger of triggers) db.exec(trigger.sql);
  db.close();
};

/** A small fact that says a number. */
export const stage = (number: number | string): Event => ({ type: "stage.started", stage: `stage ${number}` });

/** A finished run of so many facts. */
export async function recordRun(ledger: Ledger, run: string, facts: number): Promise<void> {
  const log: RunLog = await ledger.open(run);
  for (let index = 0; index < facts; index++) await log.append(stage(index));
  await log.close();
}
