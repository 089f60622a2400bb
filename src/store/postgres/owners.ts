import { Fenced } from "../../errors.ts";
import type { Claim, Holder, Lease, Store } from "../store.ts";
import type { Database, Sql } from "./database.ts";

interface OwnerRow extends Holder {
  readonly fence: number;
}

/** A heartbeat that has no answer for longer than this is of no use any more: the next one is due. */
const BEAT_MS = 5000;

/** Who writes which run. Rows stay when a run is given up, so that its fence only ever rises. */
export function ownersOf(db: Database): Pick<Store, "claim" | "owner" | "held" | "renew" | "release"> {
  return {
    claim: (run, claim) => db.write((sql) => claimed(sql, run, claim), { durable: true }),
    owner: (run) =>
      db.read(async (sql): Promise<Holder | null> => {
        const [row] = await sql<Holder>("SELECT owner, until FROM claw.owners WHERE run = $1 AND owner <> ''", run);
        return row ?? null;
      }),
    held: () =>
      db.read((sql) =>
        sql<Holder & Lease>("SELECT run, owner, until, fence FROM claw.owners WHERE owner <> '' ORDER BY run"),
      ),
    renew: ({ run, owner, fence }, until) =>
      db.write(
        async (sql) =>
          (
            await sql(
              "UPDATE claw.owners SET until = $1 WHERE run = $2 AND owner = $3 AND fence = $4 RETURNING run",
              until,
              run,
              owner,
              fence,
            )
          ).length === 1,
        { patienceMs: BEAT_MS },
      ),
    release: ({ run, owner, fence }) =>
      db.write(
        async (sql) =>
          void (await sql(
            "UPDATE claw.owners SET owner = '', until = 0 WHERE run = $1 AND owner = $2 AND fence = $3",
            run,
            owner,
            fence,
          )),
      ),
  };
}

async function claimed(sql: Sql, run: string, { owner, until, mayTake }: Claim): Promise<Lease | null> {
  // A row to lock, so that of two who come first one waits.
  void sql(
    "INSERT INTO claw.owners (run, owner, until, fence) VALUES ($1, '', 0, 0) ON CONFLICT (run) DO NOTHING",
    run,
  );
  const [present] = await sql<OwnerRow>("SELECT owner, until, fence FROM claw.owners WHERE run = $1 FOR UPDATE", run);
  const held = present !== undefined && present.owner !== "";
  if (held && present.owner !== owner && !mayTake(present)) return null;
  // A process that claims its own run once more is the same writer.
  const fence = (present?.fence ?? 0) + (held && present.owner === owner ? 0 : 1);
  await sql("UPDATE claw.owners SET owner = $2, until = $3, fence = $4 WHERE run = $1", run, owner, until, fence);
  return { run, owner, fence };
}

/** Throws Fenced unless the lease is the run's; until the transaction ends nobody else can take it. */
export async function refuseStale(sql: Sql, { run, owner, fence }: Lease): Promise<void> {
  const rows = await sql(
    "SELECT 1 FROM claw.owners WHERE run = $1 AND owner = $2 AND fence = $3 FOR SHARE",
    run,
    owner,
    fence,
  );
  if (rows.length === 0) throw new Fenced(run);
}
