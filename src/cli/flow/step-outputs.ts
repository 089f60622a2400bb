import { z } from "zod";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import type { StepName } from "../../policy/flow-steps.ts";
import { resultOf } from "../../reports/result.ts";
import { regressionIssue, regressionsIn } from "../../reports/triage-fixes.ts";
import { foldRun } from "../../views/run.ts";
import { notPossible, shownBy } from "../triage/fix-regressions.ts";
import { recordedReport } from "../triage/recorded.ts";
import { triagedIn } from "../triage/tell-run.ts";

/** What a run gives to later steps, besides how it ended: the names are those of `stepKinds`. */
export async function stepOutputs(
  ledger: Ledger,
  kind: StepName,
  record: RunRecord,
): Promise<Readonly<Record<string, unknown>>> {
  switch (kind) {
    case "fix":
      return ofFix(record);
    case "triage":
      return ofTriage(ledger, record);
    case "localise":
      return ofLocalise(record);
    case "approval":
      return {};
  }
}

function ofFix(record: RunRecord): Readonly<Record<string, unknown>> {
  const { task, branch, commit, pullRequest = null, diff } = resultOf({ ...record, active: false });
  return { title: task?.title ?? null, branch, commit, pull_request: pullRequest, files: diff?.files ?? null };
}

/** A regression as one step hands it to another. */
export const FlowRegression = z.object({
  tests: z.array(z.string()).default([]),
  file: z.string().nullable().default(null),
  text: z.string().min(1),
  /** The reproduction, and which of its tests show it: see `Shown`. */
  repro: z.string().nullable().default(null),
  only: z.array(z.object({ kind: z.enum(["test", "file"]), titles: z.array(z.string()) })).default([]),
  /** Why no fix can be tried; null where one can. */
  hopeless: z.string().nullable().default(null),
});
type FlowRegression = z.infer<typeof FlowRegression>;

const unlimited = { usdNano: null, tokens: 1 };

async function ofTriage(ledger: Ledger, record: RunRecord): Promise<Readonly<Record<string, unknown>>> {
  const report = await recordedReport(ledger, record);
  if (!report) return { failures: null, flaky: null, regressions: [] };
  const triaged = triagedIn(report, record.events);
  const { failures, whole } = triaged;
  const regressions = regressionsIn(failures, whole === null).map((regression): FlowRegression => {
    const { repro, only } = shownBy(triaged, regression);
    const tests = [...regression.shown, ...regression.others].map(({ test }) => test);
    const hopeless = notPossible(triaged, regression, unlimited);
    return { tests, file: regression.file, text: regressionIssue(regression), repro, only, hopeless };
  });
  return {
    failures: failures.length,
    flaky: failures.filter(({ verdict }) => verdict === "flaky").length,
    regressions,
  };
}

const Ranked = z.object({ shown: z.array(z.string()) });

function ofLocalise({ events }: RunRecord): Readonly<Record<string, unknown>> {
  const stage = foldRun(events).stages.find(({ name }) => name === "localise");
  const suspects = Ranked.safeParse(stage?.output).data?.shown ?? [];
  return { suspects, suspect: suspects[0] ?? null };
}
