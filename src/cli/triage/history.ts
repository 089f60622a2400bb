import { z } from "zod";
import { UsageError, WorkspaceError } from "../../errors.ts";
import type { Repository } from "../../repo/repository.ts";
import { JudgedFailure } from "../../reports/triage-rows.ts";
import { foldHistory, type KnownFailure } from "../../reports/triage-history.ts";
import { latest } from "../../views/run.ts";
import { printable } from "../../text.ts";
import { dayAndTime } from "../../times.ts";
import type { CommandDesk } from "../command.ts";
import { readRun } from "../run-id.ts";
import { listRuns } from "../run-list.ts";
import { hasColours, styleFor } from "../style.ts";

const MOST_RUNS = 2000;

/** Tells the failures of a repository that were triaged before, the latest first. */
export async function tellHistory(
  repository: Repository | null,
  { json, report }: { readonly json: boolean; readonly report: readonly string[] },
  desk: CommandDesk,
): Promise<number> {
  if (repository === null)
    throw new WorkspaceError("this is no git repository", "history is kept by repository: go into one");
  if (report.length > 0) throw new UsageError("--history reads no report", "leave the report out");
  const { known, runs } = await historyOf(repository, desk);
  if (json) desk.out(JSON.stringify({ type: "triage-history", version: 1, runs, failures: known }));
  else if (known.length === 0)
    desk.err(
      runs === 0 ? "nothing was triaged here yet: claw triage" : `nothing failed in ${runs} runs of claw triage`,
    );
  else for (const one of known) for (const line of lines(one, runs, desk, (await desk.app()).config)) desk.out(line);
  return 0;
}

async function historyOf(
  repository: Repository,
  desk: CommandDesk,
): Promise<{ readonly known: KnownFailure[]; readonly runs: number }> {
  const ledger = await (await desk.app()).ledger();
  const rows = await listRuns(ledger, {
    workflow: "triage",
    repository: repository.root,
    limit: MOST_RUNS,
    tell: (note) => desk.err(note),
  });
  const past = [];
  for (const { run, broken } of rows.toReversed()) {
    if (broken) continue;
    const { events } = await readRun(ledger, run);
    const fact = latest(events, "failures.judged");
    if (!fact) continue;
    const parsed = z.array(JudgedFailure).safeParse(JSON.parse(await ledger.text(fact.verdicts)));
    past.push({ run, at: fact.at, failures: parsed.success ? parsed.data : [] });
  }
  return { known: foldHistory(past), runs: past.length };
}

function lines(
  { test, tests, message, firstSeen, lastSeen, seen, verdicts }: KnownFailure,
  runs: number,
  desk: CommandDesk,
  config: Parameters<typeof hasColours>[0],
): string[] {
  const style = styleFor(hasColours(config, desk.terminal.stdout && desk.terminal.colour));
  const day = (at: number): string => dayAndTime(at, desk.times);
  const counts = Object.entries(verdicts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
  const more = tests > 1 ? ` and ${tests - 1} more` : "";
  return [
    `${style.strong(printable(test))}${more}`,
    `  ${printable(message.split("\n")[0] ?? "")}`,
    style.faint(
      `  in ${seen} of ${runs} runs (${Math.round((100 * seen) / runs)} %): ${counts}; first ${day(firstSeen)}, last ${day(lastSeen)}`,
    ),
  ];
}
