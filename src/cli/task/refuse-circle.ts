import { UsageError } from "../../errors.ts";
import type { TaskLink } from "../../ledger/task-events.ts";
import { circleIn, circleWith } from "../../views/task-circles.ts";
import type { NamedTask } from "../../views/task.ts";

type Linked = Pick<NamedTask, "task" | "links">;

/** UsageError, naming them in their order, where tasks would wait for each other with that link. */
export function refuseCircle(tasks: readonly Linked[], task: string, link: TaskLink): void {
  const circle = circleWith(tasks, task, link);
  if (circle)
    throw new UsageError(
      `these tasks would wait for each other: ${circle.join(" before ")}`,
      "take one of these links away first: claw task link --remove",
    );
}

/** The same of tasks that are taken in, among those that are here: each with all of its links. `nameOf`: how the file calls one. */
export function refuseCircleOf<Line extends Linked>(
  here: readonly Linked[],
  lines: readonly Line[],
  nameOf: (line: Line) => string,
): void {
  const names = new Map(lines.map((line) => [line.task, nameOf(line)]));
  const all = new Map(here.map((one) => [one.task, [...one.links]]));
  for (const { task, links } of lines) all.set(task, [...(all.get(task) ?? []), ...links]);
  const tasks = [...all].map(([task, links]) => ({ task, links }));
  const circle = circleIn(tasks, new Set(lines.map(({ task }) => task)));
  if (circle)
    throw new UsageError(
      `these tasks would wait for each other: ${circle.map((task) => names.get(task) ?? task).join(" before ")}`,
      "nothing was taken in; take one of these links out of the file, or away: claw task link --remove",
    );
}
