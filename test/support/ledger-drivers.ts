import { onTestFinished } from "vitest";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openStore } from "../../src/store/open.ts";
import { ledgerFile, type LedgerPlace } from "./ledger-file.ts";
import { asked, freshDatabase } from "./postgres.ts";
import { tickingClock } from "./recorded-fix.ts";

/** The same for a ledger in a database of its own: `file` is its address. */
export async function ledgerInPostgres({ scrub = (text: string) => text } = {}): Promise<LedgerPlace> {
  const url = await freshDatabase();
  const store = await openStore(url);
  onTestFinished(() => store.close());
  const tamper = (sql: string) =>
    asked(
      url,
      `SET search_path = claw; SET session_replication_role = replica; ${sql.replaceAll("AS BLOB", "AS bytea")}`,
    );
  return { file: url, store, ledger: openLedger({ store, clock: tickingClock(), scrub }), tamper };
}

/** A ledger in a file of its own, like any other. */
export async function ledgerInFile(options?: Parameters<typeof ledgerFile>[0]): Promise<LedgerPlace> {
  const place = await ledgerFile(options);
  return { ...place, tamper: async (sql) => place.tamper(sql) };
}

/** Whatever holds of a ledger holds on each of these. */
export const drivers = [
  { driver: "SQLite", ledgerOn: ledgerInFile },
  { driver: "PostgreSQL", ledgerOn: ledgerInPostgres },
] as const;
