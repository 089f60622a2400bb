import type { EventOf } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { noDetails, wantedTask } from "../../fleet/wanted-task.ts";
import { flakyIssue, regressionIssue, type Regression } from "../../reports/triage-fixes.ts";
import { type JudgedFailure, triageGroups } from "../../reports/triage-rows.ts";
import { foldTask } from "../../views/task.ts";
import { foldRun } from "../../views/run.ts";
import type { WantedWork } from "../../workflows/start.ts";
import type { CommandDesk } from "../command.ts";

/** Flaky failures, by their cause, that become tasks. */
const MOST_FLAKY = 100;

/** Before whatever else can be done: all else is started by somebody. */
const URGENT = 1;
const CAN_WAIT = 3;

/** What a task tells of where it is from. */
const seenBy = (run: string) => ({ source: { kind: "run", ref: run }, trust: "tool" }) as const;

/** A regression as work that somebody wants: the same failure in the same file is one task, however often it comes back. */
export function wantedMend(
  regression: Regression,
  { run, repository, flags }: { readonly run: string; readonly repository: string; readonly flags: WantedFlags },
): WantedWork {
  const known = ["triage", repository, regression.file ?? "", regression.shown[0]?.signature ?? ""];
  return { known, text: regressionIssue(regression), ...seenBy(run), wish: { flags: { ...flags } } };
}

/** Flags of `claw fix`, as they are typed. */
export type WantedFlags = Readonly<Record<string, string>>;

/** Keeps a regression as a task: held, because whoever found it starts its run. Gives its id. */
export const keepMend = async (wanted: WantedWork, repository: string, desk: CommandDesk): Promise<string> =>
  keep(wanted, { repository, labels: ["regression"], priority: URGENT }, desk);

/** A task for each cause of flaky failures, labelled and held: a person decides whether anybody works on it. By signature. */
export async function keepFlaky(
  { run, failures }: { readonly run: string; readonly failures: readonly JudgedFailure[] },
  desk: CommandDesk,
): Promise<ReadonlyMap<string, string>> {
  const kept = new Map<string, string>();
  const flaky = triageGroups(failures).filter(({ verdict }) => verdict === "flaky");
  if (flaky.length === 0) return kept;
  const ledger = await (await desk.app()).ledger();
  const repository = await repositoryOf(ledger, run);
  for (const { signature, members } of flaky.slice(0, MOST_FLAKY)) {
    const known = ["triage flaky", repository, signature];
    const wanted: WantedWork = { known, text: flakyIssue(members), ...seenBy(run), wish: { flags: {} } };
    kept.set(signature, await keep(wanted, { repository, labels: ["flaky"], priority: CAN_WAIT }, desk));
  }
  return kept;
}

/** The repository that a run is about. */
const repositoryOf = async (ledger: Ledger, run: string): Promise<string> =>
  foldRun((await ledger.read(run)).events).started?.repository ?? "";

type Kept = Pick<EventOf<"task.added">, "repository" | "labels" | "priority">;

async function keep(wanted: WantedWork, { repository, ...about }: Kept, desk: CommandDesk): Promise<string> {
  const app = await desk.app();
  const ledger = await app.ledger();
  const by = app.config.initiator;
  const details = { ...noDetails, ...about, held: true };
  const { task, added } = await wantedTask(ledger, wanted, { repository, by, details });
  if (await ledger.addTask(task, added)) return task;
  if (foldTask((await ledger.read(task)).events)?.status === "closed")
    await ledger.tellTask(task, [
      { type: "task.reopened", reason: `seen again by claw triage ${wanted.source.ref}`, by },
    ]);
  return task;
}
