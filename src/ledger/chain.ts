import { hash } from "node:crypto";
import { LedgerBroken } from "../errors.ts";
import type { AnchorRow, Row } from "../store/store.ts";

/** What the first event of every chain, and the first anchor, follow. */
export const GENESIS = "0".repeat(64);

const sha256 = (...parts: readonly string[]): string => hash("sha256", `${parts.join("\n")}\n`);

/** The hash covers the stored bytes, not a re-serialised object, so a schema change can never break an old chain. */
export const seal = (previous: string, run: string, seq: number, body: string): string =>
  sha256(previous, run, String(seq), body);

/** The anchor after `newest`: a run's head at one moment, chained to every anchor before it. */
export function nextAnchor(
  newest: AnchorRow | null,
  { run, last, head, at }: { readonly run: string; readonly last: number; readonly head: string; readonly at: number },
): AnchorRow {
  const seq = (newest?.seq ?? -1) + 1;
  return {
    seq,
    run,
    last,
    head,
    at,
    hash: sha256(newest?.hash ?? GENESIS, String(seq), run, String(last), head, String(at)),
  };
}

/**
 * Checks a run's rows from its first on, or those after a row that is taken for granted, and returns its head. Throws
 * LedgerBroken naming the first row that does not fit.
 */
export function verifyRows(rows: readonly Row[], after: Row | null = null): string {
  let head = after?.hash ?? GENESIS;
  const first = after === null ? 0 : after.seq + 1;
  for (const [index, row] of rows.entries()) {
    const seq = first + index;
    if (row.seq !== seq || typeof row.body !== "string" || row.hash !== seal(head, row.run, row.seq, row.body)) {
      throw new LedgerBroken(
        `event ${seq} of run ${row.run} does not match its hash`,
        "the ledger was changed after it was written: restore it from a backup before trusting this run",
      );
    }
    head = row.hash;
  }
  return head;
}
