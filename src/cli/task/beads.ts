import { z } from "zod";
import type { NamedTask } from "../../views/task.ts";
import { taskId } from "../../ledger/tasks.ts";
import { moment } from "./task-object.ts";
import type { TaskLine } from "./task-lines.ts";

const at = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** An issue as Beads exports it (`bd export`), one per line: https://github.com/steveyegge/beads. What claw does not know is passed over. */
export const BeadsIssue = z.object({
  id: z.string().min(1),
  title: z.string().min(1),
  description: z.string().default(""),
  design: z.string().optional(),
  acceptance_criteria: z.string().optional(),
  notes: z.string().optional(),
  status: z.string().default("open"),
  priority: z.int().default(2),
  issue_type: z.string().default("task"),
  created_at: at.optional(),
  updated_at: at.optional(),
  closed_at: at.nullish(),
  close_reason: z.string().optional(),
  labels: z.array(z.string()).nullish(),
  dependencies: z
    .array(z.object({ issue_id: z.string().optional(), depends_on_id: z.string(), type: z.string() }))
    .nullish(),
});
type BeadsIssue = z.infer<typeof BeadsIssue>;

const SOURCE = "beads:";
/** What Beads calls an issue that was taken away, and those that nobody is to begin by themselves. */
const TAKEN_AWAY = "tombstone";
const atRest: readonly string[] = ["deferred", "blocked", "pinned"];

/** Tasks of a repository from its beads. `blocks` there is told by the one that waits, here by the one that blocks. */
export function fromBeads(issues: readonly BeadsIssue[], repository: string, now: number): readonly TaskLine[] {
  const id = (bead: string): string => taskId("beads", repository, bead);
  const links = issues.flatMap(({ id: own, dependencies }) =>
    (dependencies ?? []).flatMap(({ depends_on_id: other, type }): (TaskLine["links"][number] & { from: string })[] => {
      if (type === "blocks") return [{ from: other, kind: "blocks", to: id(own) }];
      if (type === "parent-child") return [{ from: own, kind: "parent", to: id(other) }];
      return type === "duplicates" ? [{ from: own, kind: "duplicates", to: id(other) }] : [];
    }),
  );
  return issues.map((issue) => {
    const created = issue.created_at ?? now;
    const isGone = issue.status === TAKEN_AWAY;
    const isClosed = isGone || issue.status === "closed";
    const parts = [issue.title, issue.description, titled("Design", issue.design), titled("Notes", issue.notes)];
    return {
      task: id(issue.id),
      title: issue.title,
      body: parts.filter((part) => part.trim() !== "").join("\n\n"),
      status: isClosed ? ("closed" as const) : ("open" as const),
      priority: Math.min(4, Math.max(0, issue.priority)),
      labels: [...new Set([issue.issue_type, ...(issue.labels ?? [])])],
      acceptance: issue.acceptance_criteria?.trim() || null,
      due: null,
      held: atRest.includes(issue.status),
      workflow: "fix",
      repository,
      source: { kind: "import", ref: `${SOURCE}${issue.id}` },
      trust: "user" as const,
      links: links.filter(({ from }) => from === issue.id).map(({ kind, to }) => ({ kind, to })),
      wish: {},
      created,
      updated: issue.updated_at ?? created,
      closed: isClosed
        ? {
            outcome: isGone ? "dropped" : "done",
            reason: issue.close_reason ?? (isGone ? "taken away in Beads" : ""),
            at: issue.closed_at ?? issue.updated_at ?? created,
          }
        : null,
    };
  });
}

const titled = (title: string, text: string | undefined): string =>
  text === undefined || text.trim() === "" ? "" : `${title}: ${text}`;

const types = ["bug", "feature", "task", "epic", "chore"];

/** A task as a line of Beads. One that came from there has its own name again. */
export function toBeads(task: NamedTask, body: string, all: readonly NamedTask[]): string {
  const name = (id: string): string =>
    nameOf(
      all.find((each) => each.task === id),
      id,
    );
  const own = nameOf(task, task.task);
  const blockers = all.filter(({ links }) => links.some(({ kind, to }) => kind === "blocks" && to === task.task));
  const dependencies = [
    ...blockers.map((each) => ({ depends_on_id: nameOf(each, each.task), type: "blocks" })),
    ...task.links.flatMap(({ kind, to }) =>
      kind === "blocks" ? [] : [{ depends_on_id: name(to), type: kind === "parent" ? "parent-child" : "duplicates" }],
    ),
  ].map((each) => ({ issue_id: own, ...each, created_at: moment(task.created), created_by: task.by }));
  const rest = body.startsWith(task.title) ? body.slice(task.title.length).trim() : body;
  return JSON.stringify({
    id: own,
    title: task.title,
    description: rest,
    ...(task.acceptance !== null && { acceptance_criteria: task.acceptance }),
    status: statusOf(task),
    priority: task.priority,
    issue_type: task.labels.find((label) => types.includes(label)) ?? "task",
    created_at: moment(task.created),
    updated_at: moment(task.updated),
    ...(task.closedAt !== null && { closed_at: moment(task.closedAt), close_reason: task.end?.reason ?? "" }),
    ...(task.source.kind !== "import" && { external_ref: task.source.ref }),
    labels: task.labels.filter((label) => !types.includes(label)),
    ...(dependencies.length > 0 && { dependencies }),
  });
}

/** How its file calls a task that came from one. */
export const beadOf = ({ task, source }: Pick<TaskLine, "task" | "source">): string => nameOf({ source }, task);

const nameOf = (task: { readonly source: { readonly ref: string } } | undefined, id: string): string =>
  task?.source.ref.startsWith(SOURCE) ? task.source.ref.slice(SOURCE.length) : id;

function statusOf({ status, held }: NamedTask): string {
  if (status === "closed") return "closed";
  if (status === "running") return "in_progress";
  if (status === "failed" || status === "dead" || status === "waiting") return "blocked";
  return held ? "deferred" : "open";
}
