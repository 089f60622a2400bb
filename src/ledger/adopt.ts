import { UsageError } from "../errors.ts";
import type { AnchorRow, Blob, Row, Store } from "../store/store.ts";
import { nextAnchor } from "./chain.ts";

/** Everything there is of a run, as it is stored: it goes into another ledger as it is. */
export interface RunCopy {
  readonly rows: readonly Row[];
  readonly blobs: readonly Blob[];
}

/** Takes in a run in one transaction, its head anchored here as of `at`. What it holds was checked before. */
export async function adopt(store: Store, { rows, blobs }: RunCopy, at: number): Promise<boolean> {
  const last = rows.at(-1);
  if (!last) throw new UsageError("there is no run in it", "name a file that claw audit export wrote");
  const here = await store.rows(last.run);
  // The run may have gone on here since, as when it was published.
  if (here[last.seq]?.hash === last.hash) return false;
  if (here.length > 0)
    throw new UsageError(
      `run ${last.run} is in this ledger already, with other events`,
      `compare them: claw audit verify ${last.run}`,
    );
  const anchor = (newest: AnchorRow | null): AnchorRow =>
    nextAnchor(newest, { run: last.run, last: last.seq, head: last.hash, at });
  await store.append({ rows, blobs, durable: true, anchor });
  return true;
}
