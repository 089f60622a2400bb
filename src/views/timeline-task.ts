import type { Event } from "../ledger/events.ts";
import type { TaskEvent as OfTask } from "../ledger/task-events.ts";
import { headline } from "../text.ts";
import type { Said } from "./timeline.ts";

export type { OfTask };

/** Is it about a task, and not about a run? */
export const isOfTask = (event: Event): event is OfTask & typeof event => event.type.startsWith("task.");

/** Lines about the history of a task. */
export function task(event: OfTask): Said {
  switch (event.type) {
    case "task.added":
      return ["·", `added by ${event.by}, from ${event.source.kind} ${headline(event.source.ref, 80)}`.trimEnd()];
    case "task.asked":
      return ["·", `asked for by ${event.by}: ${event.event}, delivery ${event.delivery}`];
    case "task.changed":
      return ["·", `${changedIn(event).join(", ")} changed by ${event.by}`];
    case "task.linked":
      return ["·", `${event.link.kind} ${event.link.to}, says ${event.by}`];
    case "task.unlinked":
      return ["·", `no longer ${event.link.kind} ${event.link.to}, says ${event.by}`];
    case "task.worked":
      return ["…", `run ${event.run} works on it`];
    case "task.rested":
      return [
        "!",
        `${event.run === undefined ? "no run" : `run ${event.run}`}: ${event.outcome}: ${headline(event.reason)}`,
      ];
    case "task.closed":
      return [
        "✓",
        `closed by ${event.by}: ${event.outcome}${event.reason === "" ? "" : `: ${headline(event.reason)}`}`,
      ];
    case "task.reopened":
      return ["·", `open again, says ${event.by}${event.reason === "" ? "" : `: ${headline(event.reason)}`}`];
    case "task.buried":
      return ["✗", `given up: ${headline(event.reason)}`];
  }
}

const changedIn = (event: OfTask): string[] =>
  Object.entries(event).flatMap(([name, value]) =>
    name === "type" || name === "by" || name === "at" || name === "seq" || value === undefined ? [] : [name],
  );
