import { z } from "zod";
import { UsageError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { NamedTask } from "../views/task.ts";
import { IssueOrigin } from "../workflows/fix/input.ts";
import type { FinishedRun, StartRequest, Watch } from "../workflows/start.ts";
import { FixFlags, fixWork, type ForgeIssueText, type WorkPlace } from "./fix-work.ts";
import type { Issue } from "./issue.ts";

/** What a task keeps of how it is to be worked on: flags as they are typed, and where on a forge it comes from. */
const Wish = z.object({
  flags: z.record(z.string(), z.union([z.string(), z.boolean()])).default({}),
  at: z.object({ host: z.string(), owner: z.string(), repo: z.string(), issue: z.int() }).optional(),
  origin: IssueOrigin.optional(),
  /** Address of a run of CI, for a triage of it. */
  ciRun: z.string().optional(),
});

/** Works on a task: goes on with its open run, or begins one. What it is worked on with was said when it was added. */
export async function runTask(
  task: NamedTask,
  place: Omit<WorkPlace, "cwd"> & { readonly parent?: string },
  watch: Watch,
): Promise<FinishedRun> {
  const { app, parent } = place;
  if (task.openRun !== null) return app.resume(task.openRun, watch);
  const cwd = app.config.user.fleet.repositories[task.repository] ?? task.repository;
  const work = await workOf(task, { ...place, cwd });
  return app.start({ ...watch, ...work, task: task.task, asker: task.by, parent });
}

/** The run that a task asks for. */
async function workOf(task: NamedTask, place: WorkPlace): Promise<Omit<StartRequest, keyof Watch>> {
  const { app } = place;
  if (task.workflow === "triage")
    return (await import("./triage/triage-work.ts")).triageWork(place, { ciRun: Wish.parse(task.wish).ciRun });
  if (task.workflow !== "fix")
    throw new UsageError(
      `task ${task.task} asks for the workflow ${task.workflow}, which no worker runs`,
      "update claw",
    );
  const { flags, at, origin } = Wish.parse(task.wish);
  const issue = { source: task.source.ref, text: await textOf(await app.ledger(), task), ...(at && { at, origin }) };
  return fixWork(FixFlags.parse(flags), issue as Issue | ForgeIssueText, place);
}

/** The words of a task, as a run is told them. */
async function textOf(ledger: Ledger, { title, body, acceptance }: NamedTask): Promise<string> {
  const text = body === null ? title : await ledger.text(body);
  return acceptance === null ? text : `${text}\n\nIt is done when: ${acceptance}`;
}
