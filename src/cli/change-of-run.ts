import { UsageError } from "../errors.ts";
import type { Ledger, RunRecord } from "../ledger/ledger.ts";
import { type Change, changeOf } from "../reports/change.ts";
import type { RunFacts } from "../reports/result.ts";
import { readRun } from "./run-id.ts";

export interface ChangeOfRun {
  readonly facts: RunFacts & RunRecord;
  readonly change: Change;
  /** Unified text with binary contents, exactly as git wrote it. */
  readonly patch: Buffer;
}

/** The change of a run, from the ledger. */
export async function readChange(ledger: Ledger, prefix: string | undefined): Promise<ChangeOfRun> {
  const facts = await readRun(ledger, prefix);
  const change = changeOf(facts.events);
  if (!change) {
    throw new UsageError(`run ${facts.run} has changed nothing`, `see what it did with: claw show ${facts.run}`);
  }
  const parts = await Promise.all(change.patches.map((sha) => ledger.bytes(sha)));
  return { facts, change, patch: Buffer.concat(parts) };
}
