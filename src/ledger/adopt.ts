import { Fenced, UsageError } from "../errors.ts";
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
  if (await isHere(store, last)) return false;
  const anchor = (newest: AnchorRow | null): AnchorRow =>
    nextAnchor(newest, { run: last.run, last: last.seq, head: last.hash, at });
  try {
    await store.append({ rows, blobs, durable: true, anchor });
    return true;
  } catch (error) {
    // Another process was quicker.
    if (error instanceof Fenced && (await isHere(store, last))) return false;
    throw error;
  }
}

/** Is the run here up to this row? It may have gone on here since, as when it was published. */
async function isHere(store: Store, { run, seq, hash }: Row): Promise<boolean> {
  const [same] = await store.rows(run, seq, 1);
  if (same?.hash === hash) return true;
  const [first] = await store.rows(run, 0, 1);
  if (!first) return false;
  throw new UsageError(
    `run ${run} is in this ledger already, with other events or fewer`,
    `see what is here: claw log ${run}; look at the file itself with claw audit answer --file`,
  );
}
