import { UsageError } from "../../errors.ts";
import type { TaskLink } from "../../ledger/task-events.ts";
import { circleWith, type NamedTask } from "../../views/task.ts";

/** UsageError, naming them in their order, where tasks would wait for each other with that link. */
export function refuseCircle(tasks: readonly Pick<NamedTask, "task" | "links">[], task: string, link: TaskLink): void {
  const circle = circleWith(tasks, task, link);
  if (circle)
    throw new UsageError(
      `these tasks would wait for each other: ${circle.join(" before ")}`,
      "take one of these links away first: claw task link --remove",
    );
}
