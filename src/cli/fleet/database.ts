import type { App } from "../../app.ts";
import { UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** The ledger that machines share. UsageError where it is in a file, which they cannot. */
export async function sharedLedger(app: App): Promise<Ledger> {
  if (app.inDatabase) return app.ledger();
  throw new UsageError(
    "the ledger is in a file of this machine, which no other one can use",
    "name a database: --store postgres://claw@db.example.com/claw; see: claw help store",
  );
}
