import type { Clock } from "../clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { LEASE_MS } from "../ledger/owner.ts";
import type { Job, JobMove, NewJob, Priority } from "../store/queue.ts";
import { type NamedTask, readyTasks } from "../views/task.ts";
import { openTasks } from "./task-list.ts";

/** What limits and hosts of a task's job go by. */
export type JobAbout = Pick<NewJob, "lane" | "role" | "model" | "repository">;

/** Where a task with such a label is worked on: only on hosts that carry what follows. */
const HOST_LABEL = "host:";

/** What a task's job is limited by. `usual`: the model where the task names none. */
export function aboutOf(
  { labels, workflow, repository, wish }: Pick<NamedTask, "labels" | "workflow" | "repository" | "wish">,
  usual: string,
): JobAbout {
  const lane = labels.find((label) => label.startsWith(HOST_LABEL))?.slice(HOST_LABEL.length) ?? "";
  const flags = (wish["flags"] ?? {}) as { readonly engine?: unknown; readonly model?: unknown };
  const model = flags.engine === "search" ? "" : typeof flags.model === "string" ? flags.model : usual;
  return { lane, role: workflow, model, repository };
}

/** The kind of a job that works on a task. */
export const TASK_JOB = "task";

/** The kind of a job that a person's own command does: no worker takes it over. */
export const HAND_JOB = "hand";

/** Was it left behind by a command that is gone? One that was just added its command is about to take. */
const isForsaken = ({ kind, crashes, added }: Job, now: number): boolean =>
  kind === HAND_JOB && (crashes > 0 || now - added > LEASE_MS);

/** More jobs than this are not looked through. */
const MANY = 1_000_000;

/** The job of a task. Only one waits or is done at a time. */
export const jobOf = (
  task: Pick<NamedTask, "task" | "priority">,
  about: JobAbout,
  at: { readonly id: string; readonly now: number },
): NewJob => ({
  id: at.id,
  kind: TASK_JOB,
  subject: task.task,
  payload: "{}",
  dedupe: task.task,
  priority: task.priority as Priority,
  at: at.now,
  ...about,
});

/**
 * Puts every task into the queue that could be worked on and is not in it. The queue holds nothing that tasks do not say: it
 * can be thrown away and is made anew by this. Gives how many were put in.
 */
export async function feedQueue(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  about: (task: NamedTask) => JobAbout,
): Promise<number> {
  const tasks = await openTasks(ledger);
  const wanted = [...readyTasks(tasks), ...(await answered(ledger, tasks))];
  if (wanted.length === 0) return 0;
  const live = new Set<string>();
  for (const state of ["ready", "deferred", "leased"] as const)
    for (const { subject } of await ledger.queue.jobs({ state, limit: MANY })) live.add(subject);
  const missing = wanted.filter(({ task }) => !live.has(task));
  const now = clock.now();
  // Those that come at once keep their order: as if each had come a millisecond after the one before.
  const moves = missing.map((task, index): JobMove => {
    const came = now - missing.length + index;
    return { kind: "add", now: came, job: jobOf(task, about(task), { id: clock.newId(), now: came }) };
  });
  return moves.length === 0 ? 0 : (await ledger.queue.move(moves)).length;
}

/**
 * The first so many jobs that wait for a worker. Those that killed commands left behind are taken out: nobody would ever do them,
 * and nobody could begin their tasks.
 */
export async function readyJobs(
  { ledger: { queue }, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  limit: number,
): Promise<readonly Job[]> {
  const now = clock.now();
  const found = Map.groupBy(await queue.jobs({ state: "ready", limit }), (job) => isForsaken(job, now));
  const forsaken = found.get(true) ?? [];
  if (forsaken.length > 0) await queue.drop(forsaken.map(({ id }) => id));
  return found.get(false) ?? [];
}

/** Tasks whose run waited for a person who has decided since. */
async function answered(ledger: Ledger, tasks: readonly NamedTask[]): Promise<NamedTask[]> {
  const found: NamedTask[] = [];
  for (const task of tasks) {
    if (task.status !== "waiting" || task.held || task.openRun === null) continue;
    if ((await ledger.last(task.openRun))?.type === "approval.given") found.push(task);
  }
  return found;
}
