import { z } from "zod";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { JudgedFailure, triageGroups, type TriageReport } from "../../reports/triage-rows.ts";
import { foldRun, latest, ofType } from "../../views/run.ts";

const Explained = z.object({ text: z.string().nullable(), model: z.string().nullable(), why: z.string() });
const Concluded = z.object({ notes: z.array(z.string()) });

/** What a triage found that is on record. */
export type RecordedReport = TriageReport & { readonly run: string; readonly head: string };

/** What a triage found, by its record; null where it ended before there were verdicts. */
export async function recordedReport(
  ledger: Ledger,
  { run, events }: Pick<RunRecord, "run" | "events">,
): Promise<RecordedReport | null> {
  const fact = latest(events, "failures.judged");
  if (!fact) return null;
  const failures = z.array(JudgedFailure).parse(JSON.parse(await ledger.text(fact.verdicts)));
  const { stages } = foldRun(events);
  const outputOf = (stage: string): unknown => stages.find(({ name }) => name === stage)?.output;
  const { notes } = Concluded.parse(outputOf("verdicts") ?? { notes: [] });
  const { text = null, model = null, why = "" } = Explained.safeParse(outputOf("explain")).data ?? {};
  const reports = ofType(events, "report.read");
  const [ran] = ofType(events, "suite.ran");
  const counted = reports.length > 0 ? reports : ran ? [ran] : [];
  const sum = (count: "passed" | "failed" | "skipped"): number => counted.reduce((all, one) => all + one[count], 0);
  const totals = { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  return {
    run,
    head: fact.head,
    base: fact.base,
    failures,
    groups: triageGroups(failures),
    notes: why === "" ? notes : [...notes, why],
    totals,
    explanation: text === null || model === null ? null : { text, model },
  };
}
