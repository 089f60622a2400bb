import type { Event } from "../ledger/events.ts";
import type { ScheduleEvent as OfSchedule } from "../ledger/schedule-events.ts";
import type { Said } from "./timeline.ts";

export type { OfSchedule };

/** Is it about a schedule, and not about a run? */
export const isOfSchedule = (event: Event): event is OfSchedule & typeof event => event.type.startsWith("schedule.");

/** Lines about the history of a schedule. */
export function schedule(event: OfSchedule): Said {
  switch (event.type) {
    case "schedule.added":
      return ["·", `added by ${event.by}${event.proposed === undefined ? "" : ", as claw.yaml proposes it"}`];
    case "schedule.enabled":
      return ["·", `enabled by ${event.by}; due ${when(event.due)}`];
    case "schedule.disabled":
      return ["·", `disabled by ${event.by}`];
    case "schedule.removed":
      return ["·", `removed by ${event.by}`];
    case "schedule.fired":
      return [
        "✓",
        `${event.by === undefined ? "" : `run by ${event.by}: `}added task ${event.task}${event.late ? ", late" : ""}; due ${when(event.due)}`,
      ];
    case "schedule.skipped":
      return [
        "!",
        `skipped: ${event.reason === "missed" ? "nothing was running then" : "its last task is not done"}; due ${when(event.due)}`,
      ];
  }
}

const when = (due: number): string =>
  due === 0 ? "never again" : `${new Date(due).toISOString().slice(0, 16).replace("T", " ")} UTC`;
