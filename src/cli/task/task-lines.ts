import { z } from "zod";
import { UsageError } from "../../errors.ts";
import { linkKinds } from "../../ledger/task-events.ts";
import type { NamedTask } from "../../views/task.ts";
import { moment } from "./task-object.ts";

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** A task as a line of JSON that is kept elsewhere: everything that is said of it, and nothing of this machine's runs. */
export const TaskLine = z.object({
  task: z.string().regex(/^t-[0-9a-z]{4,40}$/, "is no task's id"),
  title: z.string().min(1),
  body: z.string(),
  status: z.enum(["open", "closed"]),
  priority: z.int().min(0).max(4),
  labels: z.array(z.string()),
  acceptance: z.string().nullable(),
  due: time.nullable(),
  held: z.boolean(),
  workflow: z.string(),
  repository: z.string(),
  source: z.object({ kind: z.string(), ref: z.string() }),
  trust: z.enum(["user", "member", "contributor", "stranger", "tool"]),
  links: z.array(z.object({ kind: z.enum(linkKinds), to: z.string() })),
  wish: z.record(z.string(), z.json()),
  created: time,
  updated: time,
  closed: z.object({ outcome: z.string(), reason: z.string(), at: time }).nullable(),
});
export type TaskLine = z.infer<typeof TaskLine>;

/** The same task always gives the same bytes. */
export function lineOf(task: NamedTask, body: string): string {
  const { closedAt, end } = task;
  const closed =
    closedAt === null ? null : { outcome: end?.outcome ?? "", reason: end?.reason ?? "", at: moment(closedAt) };
  return JSON.stringify({
    task: task.task,
    title: task.title,
    body,
    status: task.status === "closed" ? "closed" : "open",
    priority: task.priority,
    labels: task.labels,
    acceptance: task.acceptance,
    due: moment(task.due),
    held: task.held,
    workflow: task.workflow,
    repository: task.repository,
    source: { kind: task.source.kind, ref: task.source.ref },
    trust: task.trust,
    links: task.links.map(({ kind, to }) => ({ kind, to })),
    wish: task.wish,
    created: moment(task.created),
    updated: moment(task.updated),
    closed,
  });
}

/** Lines of JSON; UsageError names the first that is none. Empty lines are passed over. */
export function readLines<Shape extends z.ZodType>(
  text: string,
  shape: Shape,
  what: string,
): readonly z.infer<Shape>[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const parsed = shape.safeParse(jsonIn(line));
    if (parsed.success) return [parsed.data];
    const [issue] = parsed.error.issues;
    const why = jsonIn(line) === undefined ? "it is no JSON" : `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
    throw new UsageError(`line ${index + 1} is no ${what}: ${why.trim()}`, "nothing was taken in; mend that line");
  });
}

function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
