import { isAddress, readAddress } from "./postgres/address.ts";
import { openSqlite } from "./sqlite.ts";
import type { Store } from "./store.ts";

/** Opens the ledger that is kept in a file, or in a database that a postgres:// address names. `password`: where it has none. */
export async function openStore(place: string, password?: string): Promise<Store> {
  if (!isAddress(place)) return openSqlite(place);
  // A client for a server takes time to load that a file does not need.
  const { openPostgres } = await import("./postgres/open.ts");
  return openPostgres(readAddress(place, password));
}
