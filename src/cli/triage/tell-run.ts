import type { TriageReport } from "../../reports/triage-rows.ts";
import type { Recorded } from "../../ledger/events.ts";
import { foldRun, latest } from "../../views/run.ts";
import type { FinishedRun } from "../../workflows/start.ts";
import type { CommandDesk } from "../command.ts";
import { readRun } from "../run-id.ts";
import type { Triaged } from "./fix-regressions.ts";
import { type Outputs, tellTriage } from "./outputs.ts";
import type { ReadReport } from "./read-files.ts";
import { type RecordedReport, recordedReport } from "./recorded.ts";

/** What the run found; nothing, and null, where it ended before there were verdicts. */
export async function tellRun(
  { run, reason, hint }: FinishedRun,
  outputs: Outputs,
  desk: CommandDesk,
): Promise<(Triaged & RecordedReport) | null> {
  const ledger = await (await desk.app()).ledger();
  const { events } = await readRun(ledger, run);
  const report = await recordedReport(ledger, { run, events });
  if (!report) {
    if (!outputs.json) desk.err(`claw: ${reason}\n  ${hint}`);
    return null;
  }
  await tellTriage(report, outputs, desk);
  if (!outputs.json) desk.err(`evidence: claw log ${run}`);
  return triagedIn(report, events);
}

/** A triage with what fixes need to know of it. */
export function triagedIn(report: RecordedReport, events: readonly Recorded[]): Triaged & RecordedReport {
  const planned = latest(events, "suite.planned");
  const whole = planned?.runner === "generic" ? planned.command : null;
  return { ...report, repository: foldRun(events).started?.repository ?? "", whole };
}

/** What all reports together counted. */
export const totalsOf = (reports: readonly ReadReport[]): TriageReport["totals"] => ({
  passed: reports.reduce((sum, { digest }) => sum + digest.passed, 0),
  failed: reports.reduce((sum, { digest }) => sum + digest.failed, 0),
  skipped: reports.reduce((sum, { digest }) => sum + digest.skipped, 0),
});
