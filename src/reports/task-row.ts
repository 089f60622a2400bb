import type { Recorded } from "../ledger/events.ts";
import type { ListedAs } from "../store/run-index.ts";
import { foldTask, type NamedTask, type TaskState } from "../views/task.ts";

/** What a task is listed under, where a run has its workflow. */
const LISTED = "task";

/** A task as it is listed: how it stands as the outcome, its whole state as what is shown. Null without a beginning. */
export function taskListedAs(events: readonly Recorded[]): ListedAs | null {
  const task = foldTask(events);
  return (
    task && {
      started: task.created,
      workflow: LISTED,
      repository: task.repository,
      outcome: task.status,
      parent: task.links.find(({ kind }) => kind === "parent")?.to ?? null,
      shown: JSON.stringify(task),
    }
  );
}

/** The task that an entry of the list shows. The list is a cache of this release's own making. */
export const listedTask = (entry: { readonly run: string; readonly shown: string }): NamedTask => ({
  ...(JSON.parse(entry.shown) as TaskState),
  task: entry.run,
});
