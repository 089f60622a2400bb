import type { NamedTask } from "../../views/task.ts";

/** A moment for programs. */
export const moment = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** A task as programs get it. */
export const taskObject = (task: NamedTask, blockedBy: readonly string[] = []) => ({
  type: "task" as const,
  version: 1 as const,
  task: task.task,
  title: task.title,
  status: task.status,
  priority: task.priority,
  labels: task.labels,
  workflow: task.workflow,
  repository: task.repository,
  source: task.source,
  trust: task.trust,
  acceptance: task.acceptance,
  due: moment(task.due),
  held: task.held,
  links: task.links,
  blockedBy,
  runs: task.runs,
  openRun: task.openRun,
  end: task.end,
  by: task.by,
  created: moment(task.created),
  updated: moment(task.updated),
  closed: moment(task.closedAt),
});
