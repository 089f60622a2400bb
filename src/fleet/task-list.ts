import { ClawError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { listedTask, taskListedAs } from "../reports/task-row.ts";
import type { IndexEntry, IndexQuery } from "../store/run-index.ts";
import { type NamedTask, openStatuses, type TaskState } from "../views/task.ts";

/** Entries written at once. */
const AT_ONCE = 500;

/** More tasks than this belong into several ledgers. */
const ALL = 1_000_000;

/** Tasks as they stand; which of them is asked of a cache that is brought up to date first. A damaged one is left out. */
export async function listTasks(
  ledger: Ledger,
  query: Pick<IndexQuery, "repository" | "outcome" | "parent"> = {},
): Promise<readonly NamedTask[]> {
  await catchUp(ledger);
  return (await ledger.indexed({ ...query, kind: "task", limit: ALL })).map(listedTask);
}

/** Tasks that are not closed, however many are. */
export async function openTasks(ledger: Ledger): Promise<readonly NamedTask[]> {
  await catchUp(ledger);
  const found: NamedTask[] = [];
  for (const outcome of openStatuses)
    found.push(...(await ledger.indexed({ kind: "task", outcome, limit: ALL })).map(listedTask));
  return found;
}

/** A task as it stands right now: one whose run nobody writes any more is not running, whatever was told of it last. */
export async function asItStands<Task extends TaskState>(ledger: Pick<Ledger, "active">, task: Task): Promise<Task> {
  const { status, openRun } = task;
  if (status !== "running" || openRun === null || (await ledger.active(openRun))) return task;
  const hint = `claw work goes on with it, or you: claw resume ${openRun}`;
  return { ...task, status: "paused", end: { outcome: "interrupted", reason: "its process went away", hint } };
}

async function catchUp(ledger: Ledger): Promise<void> {
  const stale = await ledger.unindexed(undefined, "task");
  for (let from = 0; from < stale.length; from += AT_ONCE) {
    const entries: IndexEntry[] = [];
    for (const task of stale.slice(from, from + AT_ONCE)) entries.push(...(await entryOf(ledger, task)));
    await ledger.putIndex(entries);
  }
}

async function entryOf(ledger: Ledger, task: string): Promise<IndexEntry[]> {
  try {
    const { events } = await ledger.read(task);
    const listed = taskListedAs(events);
    return listed ? [{ run: task, last: events.length - 1, ...listed }] : [];
  } catch (error) {
    if (error instanceof ClawError) return []; // claw audit verify tells of it
    throw error;
  }
}
