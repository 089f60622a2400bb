import type { EventOf, Recorded } from "../ledger/events.ts";
import type { TaskEvent, TaskLink } from "../ledger/task-events.ts";

/**
 * How a task stands. `open`: wanted. `running`: a run works on it, or its worker has just gone away. `paused`: its run stopped
 * for want of something and goes on by itself. `waiting`: its run waits for a person. `failed`: its run ended without what was
 * wanted. `dead`: given up after too many tries.
 */
export type TaskStatus = "open" | "running" | "paused" | "waiting" | "failed" | "dead" | "closed";

/** Every way to stand but closed. */
export const openStatuses: readonly TaskStatus[] = ["open", "running", "paused", "waiting", "failed", "dead"];

type Added = EventOf<"task.added">;

/** A task as its events tell it. Times in milliseconds since the epoch. */
export interface TaskState extends Omit<Added, "type" | "by" | "imported" | "anchored"> {
  readonly status: TaskStatus;
  readonly by: string;
  readonly created: number;
  readonly updated: number;
  /** Runs that worked on it, oldest first. */
  readonly runs: readonly string[];
  /** The run that goes on when it is worked on again; null when the next one begins afresh. */
  readonly openRun: string | null;
  /** How its last run ended or paused, or how it was closed; null while nothing of the kind has happened. */
  readonly end: { readonly outcome: string; readonly reason: string; readonly hint: string } | null;
  readonly closedAt: number | null;
}

/** Outcomes of a run that is paused and goes on without anybody's decision, once what was missing is there. */
const passing: ReadonlySet<string> = new Set([
  "interrupted",
  "model-unavailable",
  "sandbox-unavailable",
  "forge-unavailable",
  "infrastructure",
]);

/** The task that these events tell of; null when they have no beginning. */
export function foldTask(events: readonly Recorded[]): TaskState | null {
  let task: TaskState | null = null;
  for (const event of events) task = event.type === "task.added" ? begun(event) : task && applied(task, event);
  return task;
}

function begun(event: Recorded<Added>): TaskState {
  const { type: _, seq: __, anchored: ___, at, imported, by, ...about } = event;
  const closed = imported?.closed ?? null;
  return {
    ...about,
    by,
    status: closed ? "closed" : "open",
    created: imported?.created ?? at,
    updated: imported?.updated ?? at,
    runs: [],
    openRun: null,
    end: closed && { outcome: closed.outcome, reason: closed.reason, hint: "" },
    closedAt: closed?.at ?? null,
  };
}

function applied(task: TaskState, event: Recorded): TaskState {
  if (!isTaskEvent(event)) return task;
  const next = { ...task, updated: event.at };
  // What was stopped because it was closed says so later than that it was closed; one that was just about to begin is stopped then.
  if (task.status === "closed" && (event.type === "task.rested" || event.type === "task.buried")) return next;
  switch (event.type) {
    case "task.changed": {
      const { type: _, seq: __, at: ___, by: ____, ...changed } = event;
      return { ...next, ...given(changed) };
    }
    case "task.linked":
      return { ...next, links: [...without(task.links, event.link), event.link] };
    case "task.unlinked":
      return { ...next, links: without(task.links, event.link) };
    case "task.worked": {
      const runs = [...new Set([...task.runs, event.run])];
      return task.status === "closed" ? { ...next, runs } : { ...next, status: "running", openRun: event.run, runs };
    }
    case "task.rested": {
      const { outcome, reason, hint, run } = event;
      const status = outcome === "waiting" ? "waiting" : passing.has(outcome) ? "paused" : "failed";
      return {
        ...next,
        status,
        openRun: status === "failed" ? null : (run ?? next.openRun),
        end: { outcome, reason, hint },
      };
    }
    case "task.closed": {
      const { outcome, reason } = event;
      return { ...next, status: "closed", openRun: null, end: { outcome, reason, hint: "" }, closedAt: event.at };
    }
    case "task.reopened":
      return { ...next, status: "open", end: null, closedAt: null };
    case "task.buried":
      return { ...next, status: "dead", end: { outcome: "dead", reason: event.reason, hint: "" } };
    default:
      return next;
  }
}

const isTaskEvent = (event: Recorded): event is Recorded<TaskEvent> => event.type.startsWith("task.");

/** Without the fields that say nothing. */
const given = <T extends object>(fields: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

const without = (links: readonly TaskLink[], { kind, to }: TaskLink): TaskLink[] =>
  links.filter((link) => link.kind !== kind || link.to !== to);

/** Ids of the tasks that others say block them: `blocks` is told by the one that blocks. */
export interface Blockers {
  readonly of: (task: string) => readonly string[];
}

/** A task by its id. */
export interface NamedTask extends TaskState {
  readonly task: string;
}

/** Which tasks keep which from starting: those that block it, that it is the same as, and its own parts; only ones that are not closed. */
export function blockersIn(tasks: readonly NamedTask[]): Blockers {
  const open = new Set(tasks.flatMap(({ task, status }) => (status === "closed" ? [] : [task])));
  const found = new Map<string, Set<string>>();
  const block = (blocked: string, by: string): void => {
    if (open.has(by) && blocked !== by) found.set(blocked, (found.get(blocked) ?? new Set()).add(by));
  };
  for (const { task, links } of tasks)
    for (const { kind, to } of links) {
      if (kind === "blocks") block(to, task);
      else if (kind === "duplicates") block(task, to);
      else block(to, task);
    }
  return { of: (task) => [...(found.get(task) ?? [])].toSorted() };
}

/** What could be begun or continued right now, the most urgent first, then the one that is due first, then the oldest. */
export function readyTasks(tasks: readonly NamedTask[]): readonly NamedTask[] {
  const blockers = blockersIn(tasks);
  return tasks
    .filter(({ task, status, held }) => !held && wanted.has(status) && blockers.of(task).length === 0)
    .toSorted(byUrgency);
}

const wanted: ReadonlySet<TaskStatus> = new Set<TaskStatus>(["open", "running", "paused"]);

/** The order in which people and workers see tasks. */
export const byUrgency = (a: NamedTask, b: NamedTask): number =>
  a.priority - b.priority ||
  (a.due ?? Infinity) - (b.due ?? Infinity) ||
  a.created - b.created ||
  (a.task < b.task ? -1 : 1);
