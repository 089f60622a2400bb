import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { foldRun } from "../../views/run.ts";
import { FixInput } from "../../workflows/fix/input.ts";
import { listRuns } from "../run-list.ts";

/** Runs of one triage that are looked at. */
const MOST = 1000;

/** What a fix is asked to show: by that its run is known again. */
export type Shown = Pick<FixInput, "repro" | "only">;

/** The fix that a triage has begun for these tests, as far as it got; null when there is none. */
export async function earlierFix(ledger: Ledger, triage: string, { repro, only }: Shown): Promise<RunRecord | null> {
  const key = JSON.stringify([repro, only]);
  for (const { run, broken } of await listRuns(ledger, {
    parent: triage,
    workflow: "fix",
    limit: MOST,
    tell: () => {},
  })) {
    if (broken) continue;
    const record = await ledger.read(run);
    const asked = FixInput.safeParse(foldRun(record.events).started?.input).data;
    if (asked && JSON.stringify([asked.repro, asked.only]) === key) return record;
  }
  return null;
}
