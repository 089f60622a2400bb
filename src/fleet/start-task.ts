import { foldTask } from "../views/task.ts";
import { openFor } from "../workflows/open-for.ts";
import { type FinishedRun, type House, startRun, type StartRequest } from "../workflows/start.ts";
import { workByHand } from "./by-hand.ts";
import { aboutOf } from "./feed.ts";
import { noDetails, wantedTask } from "./wanted-task.ts";

/**
 * Starts a run as a task: that which it names, or the one that is made of the wanted work, or was before. Such a task is held:
 * it is whoever asked for it that works on it, no worker does. Throws ClawError while somebody works on it already.
 */
export async function startTask(house: House, request: StartRequest): Promise<FinishedRun> {
  const { wanted } = request;
  if (!wanted || request.task !== undefined) return startRun(house, request);
  const { ledger, clock, initiator: by } = house;
  const repository = await openFor(house, request.cwd);
  const details = { ...noDetails, held: true };
  const { task, added } = await wantedTask(ledger, wanted, { repository: repository.root, by, details });
  const isNew = await ledger.addTask(task, added);
  const before = isNew ? null : foldTask((await ledger.read(task)).events);
  const about = aboutOf(before ?? added, typeof request.model === "string" ? request.model : "");
  return workByHand({ ledger, clock, task, about }, request, async (watch) => {
    const left = before?.openRun ?? null;
    if (left !== null) request.onLeft?.(left);
    if (before && before.status !== "open")
      await ledger.tellTask(task, [{ type: "task.reopened", reason: "asked for again", by }]);
    return startRun(house, { ...request, ...watch, task, repository });
  });
}
