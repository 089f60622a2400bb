import { z } from "zod";
import { linkKinds } from "../../ledger/task-events.ts";
import { openStatuses } from "../../views/task.ts";
import { count, line, moment, texts } from "./line.ts";

/** A task as it stands. */
export const TaskLine = line("task", {
  task: z.string(),
  title: z.string(),
  status: z.enum(["closed", ...openStatuses]),
  priority: z.int().min(0).max(4),
  labels: texts,
  workflow: z.string(),
  repository: z.string(),
  source: z.strictObject({ kind: z.string(), ref: z.string() }),
  trust: z.string(),
  acceptance: z.string().nullable(),
  due: moment,
  held: z.boolean(),
  links: z.array(z.strictObject({ kind: z.enum(linkKinds), to: z.string() })),
  blockedBy: texts,
  runs: texts,
  openRun: z.string().nullable(),
  end: z.strictObject({ outcome: z.string(), reason: z.string(), hint: z.string() }).nullable(),
  by: z.string(),
  created: moment,
  updated: moment,
  closed: moment,
});

export const AddedTaskLine = TaskLine.extend({ isNew: z.boolean() });
export const ShownTaskLine = TaskLine.extend({ body: z.string().nullable() });
export const EnqueuedLine = line("task", { task: z.string(), title: z.string(), isNew: z.boolean() });
export const ImportedTasksLine = line("import", { added: count, changed: count, same: count });
