import { UsageError } from "../../errors.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { TASK_PREFIX } from "../../store/store.ts";
import { foldTask, type NamedTask } from "../../views/task.ts";

/** The task that `prefix` names alone, with its history. */
export async function findTask(
  ledger: Ledger,
  prefix: string,
): Promise<NamedTask & { readonly events: readonly Recorded[] }> {
  const typed = prefix.startsWith(TASK_PREFIX) ? prefix : `${TASK_PREFIX}${prefix}`;
  const found = /^t-[0-9a-z]+$/.test(typed) ? await ledger.find(typed) : [];
  const task = found.find((id) => id === typed) ?? (found.length === 1 ? found[0] : undefined);
  if (task === undefined)
    throw new UsageError(
      found.length > 1 ? `several tasks begin with ${typed}` : `there is no task ${JSON.stringify(prefix)}`,
      found.length > 1
        ? `say more of it, one of: ${found.slice(0, 5).join(", ")}`
        : "list them with: claw task list --all",
    );
  const { events } = await ledger.read(task);
  const state = foldTask(events);
  if (!state) throw new UsageError(`task ${task} has no beginning`, "look at it with: claw audit verify");
  return { ...state, task, events };
}
