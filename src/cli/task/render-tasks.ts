import { headline, printable } from "../../text.ts";
import type { Blockers, NamedTask } from "../../views/task.ts";
import type { Style } from "../style.ts";

interface Frame {
  readonly columns: number;
  readonly style: Style;
  readonly blockers: Blockers;
}

/** How a task stands, in the words that a person has to act on. */
export function standing(task: NamedTask, blockers: Blockers): string {
  if (task.status === "closed" || task.status === "failed") return `${task.status}: ${task.end?.outcome ?? ""}`;
  if (task.status !== "open") return task.status;
  if (task.held) return "held";
  return blockers.of(task.task).length > 0 ? "blocked" : "ready";
}

/** A table of tasks; titles are cut where the terminal ends. */
export function renderTasks(tasks: readonly NamedTask[], { columns, style, blockers }: Frame): string {
  const cells = tasks.map((task) => ({
    task: task.task,
    p: `P${task.priority}`,
    status: standing(task, blockers),
    title: printable(task.title),
  }));
  const head = { task: "task", p: "", status: "status", title: "title" };
  const width = (name: keyof typeof head): number => Math.max(...[head, ...cells].map((row) => row[name].length));
  const [first, second, third] = [width("task"), width("p"), width("status")];
  const left = Math.max(10, columns - first - second - third - 6);
  const line = (row: typeof head): string =>
    `${row.task.padEnd(first)}  ${row.p.padEnd(second)}  ${row.status.padEnd(third)}  ${headline(row.title, left)}`.trimEnd();
  return [style.faint(line(head)), ...cells.map(line)].join("\n");
}
