import type { Database } from "better-sqlite3";
import { Fenced } from "../errors.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";
import type { Claim, Holder, Lease, Store } from "./store.ts";

interface OwnerRow {
  readonly owner: string;
  readonly until: number;
  readonly fence: number;
}

/** Who writes which run. Rows stay when a run is given up, so that its fence only ever rises. */
export function ownersOf(
  db: Database,
): Pick<Store, "claim" | "owner" | "held" | "renew" | "release"> & { readonly refuseStale: (lease: Lease) => void } {
  const get = db.prepare("SELECT owner, until, fence FROM owners WHERE run = ?");
  const all = db.prepare("SELECT run, owner, until, fence FROM owners WHERE owner <> '' ORDER BY run");
  const put = db.prepare(
    "INSERT INTO owners (run, owner, until, fence) VALUES (?, ?, ?, ?) ON CONFLICT (run) DO UPDATE SET owner = excluded.owner, until = excluded.until, fence = excluded.fence",
  );
  const extend = db.prepare("UPDATE owners SET until = ? WHERE run = ? AND owner = ? AND fence = ?");
  const give = db.prepare("UPDATE owners SET owner = '', until = 0 WHERE run = ? AND owner = ? AND fence = ?");
  const find = (run: string): OwnerRow | undefined => get.get(run) as OwnerRow | undefined;
  return {
    claim: (run, { owner, until, mayTake }: Claim) =>
      inTransaction(db, () => {
        const present = find(run);
        const held = present !== undefined && present.owner !== "";
        if (held && present.owner !== owner && !mayTake(present)) return null;
        // A process that claims its own run once more is the same writer.
        const fence = (present?.fence ?? 0) + (held && present.owner === owner ? 0 : 1);
        put.run(run, owner, until, fence);
        return { run, owner, fence };
      }),
    owner: (run) =>
      whenFree(db, (): Holder | null => {
        const present = find(run);
        return present && present.owner !== "" ? { owner: present.owner, until: present.until } : null;
      }),
    held: () => whenFree(db, () => all.all() as (Holder & Lease)[]),
    renew: ({ run, owner, fence }, until) =>
      inTransaction(db, () => extend.run(until, run, owner, fence).changes === 1),
    release: ({ run, owner, fence }) => inTransaction(db, () => void give.run(run, owner, fence)),
    refuseStale: ({ run, owner, fence }) => {
      const present = find(run);
      if (present?.owner !== owner || present.fence !== fence) throw new Fenced(run);
    },
  };
}
