import { exitCodes } from "../../errors.ts";
import type { Ledger, RunRecord } from "../../ledger/ledger.ts";
import { foldRun } from "../../views/run.ts";
import { TriageInput } from "../../workflows/triage/input.ts";
import type { CommandDesk } from "../command.ts";
import { watchRun } from "../watch-run.ts";
import { fixesLeft } from "./fix-regressions.ts";
import { recordedReport } from "./recorded.ts";
import { fixAndTell } from "./tell-fixes.ts";
import { tellRun, triagedIn } from "./tell-run.ts";

interface How {
  readonly json: boolean;
  readonly yes: boolean;
  readonly notify?: boolean | undefined;
}

/**
 * Goes on with a triage: with its executions, then with the fixes it was asked for. Where the verdicts are there already, only
 * fixes are left; what of them ended is not done again. Gives the exit code.
 */
export async function resumeTriage(record: RunRecord, how: How, desk: CommandDesk): Promise<number> {
  const { run, events } = record;
  const { started, end } = foldRun(events);
  const { fix, testCommand } = TriageInput.parse(started?.input);
  const wish = fix && { ...fix, testCommand: testCommand ?? undefined, ...how };
  if (wish && end?.type === "run.ended") {
    const ledger = await (await desk.app()).ledger();
    const report = await recordedReport(ledger, record);
    const triaged = report && triagedIn(report, events);
    if (triaged && (await fixesLeft(triaged, ledger)))
      return (await fixAndTell(triaged, wish, desk)) ?? exitCodes[end.outcome];
  }
  let interrupted: number | null = null;
  const code = await watchRun(
    desk,
    {
      ...how,
      past: events,
      tell: async (finished) => {
        const triaged = await tellRun(finished, how, desk);
        if (wish && triaged) interrupted = await fixAndTell(triaged, wish, desk);
      },
    },
    (app, watch) => app.resume(run, watch),
  );
  return interrupted ?? code;
}

/** The triage or flow that has begun this run and has more to do, else the run itself. */
export async function wholeOf(ledger: Ledger, run: string): Promise<string> {
  const parent = foldRun((await ledger.read(run)).events).started?.parent;
  if (parent === undefined || (await ledger.find(parent))[0] !== parent) return run;
  const { started, status } = foldRun((await ledger.read(parent)).events);
  if (started?.workflow === "flow") return status === "ended" ? run : parent;
  const asked = started?.workflow === "triage" ? TriageInput.safeParse(started.input).data : undefined;
  return asked?.fix && status === "ended" ? parent : run;
}
