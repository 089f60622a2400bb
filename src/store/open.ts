import { UsageError } from "../errors.ts";
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

/** Everything that may say where the ledger is: the first that does wins. */
export interface StoreChoice {
  /** By --store. */
  readonly named: string | undefined;
  /** By CLAW_STORE. */
  readonly inEnvironment: string | undefined;
  /** Looks up what config.yaml refers to. */
  readonly referred?: () => Promise<string | undefined>;
  /** Where nothing else is said. */
  readonly file: string;
  /** By PGPASSWORD. */
  readonly usualPassword: string | undefined;
  /** Told the password before anything is done with it. */
  readonly onPassword: (password: string) => void;
}

/** Opens what was chosen. Throws UsageError for what is no address of a database, without repeating it. */
export async function openConfigured(choice: StoreChoice): Promise<Store> {
  const { named, inEnvironment, referred, file, usualPassword, onPassword } = choice;
  const given = named ?? inEnvironment;
  if (given === undefined && !referred) return openStore(file);
  const place = given ?? (await referred?.());
  if (place !== undefined && isAddress(place)) {
    onPassword(readAddress(place, usualPassword).password ?? "");
    return openStore(place, usualPassword);
  }
  const where = named !== undefined ? "--store" : given !== undefined ? "CLAW_STORE" : "store.postgres in config.yaml";
  throw new UsageError(
    place === undefined ? `${where} leads to no address` : `${where} is no address of a PostgreSQL database`,
    "give it like postgres://claw@db.example.com/claw; see: claw help store",
  );
}
