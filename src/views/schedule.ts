import type { Recorded } from "../ledger/events.ts";
import type { ScheduleEvent } from "../ledger/schedule-events.ts";

type Added = Extract<ScheduleEvent, { type: "schedule.added" }>;
type Person = Pick<Added, "by" | "identity" | "login">;

/** A schedule as its events tell it. Times in milliseconds since the epoch. */
export interface ScheduleState {
  readonly name: string;
  /** When and what, as it was said. */
  readonly says: Added["says"];
  readonly repository: string;
  /** The commit whose claw.yaml proposed it; null when a person wrote it. */
  readonly proposed: string | null;
  readonly status: "enabled" | "disabled" | "removed";
  /** When it was made; recurrence rules count from then. */
  readonly since: number;
  /** Who let it do anything; null while nobody does. */
  readonly enabledBy: Person | null;
  /** 0: never. */
  readonly due: number;
  /** What came of it last; null before. */
  readonly last: {
    readonly at: number;
    readonly slot: number | null;
    readonly task: string;
    readonly late: boolean;
  } | null;
  readonly fired: number;
  readonly skipped: number;
}

/** The schedule that these events tell of; null when they have no beginning. What was added again after it was removed is new. */
export function foldSchedule(events: readonly Recorded[]): ScheduleState | null {
  let state: ScheduleState | null = null;
  for (const event of events)
    state = event.type === "schedule.added" ? begun(event, state) : state && applied(state, event);
  return state;
}

/** What was done before is not forgotten: the task that came of it last may still be under way. */
const begun = (event: Recorded<Added>, before: ScheduleState | null): ScheduleState => ({
  name: event.name,
  says: event.says,
  repository: event.repository,
  proposed: event.proposed ?? null,
  status: "disabled",
  since: event.at,
  enabledBy: null,
  due: 0,
  last: before?.last ?? null,
  fired: before?.fired ?? 0,
  skipped: before?.skipped ?? 0,
});

function applied(state: ScheduleState, event: Recorded): ScheduleState {
  switch (event.type) {
    case "schedule.enabled": {
      const { by, identity, login, due } = event;
      return { ...state, status: "enabled", enabledBy: { by, identity, login }, due };
    }
    case "schedule.disabled":
      return { ...state, status: "disabled", enabledBy: null, due: 0 };
    case "schedule.removed":
      return { ...state, status: "removed", enabledBy: null, due: 0 };
    case "schedule.fired": {
      const { at, slot, task, late, due } = event;
      return { ...state, due, fired: state.fired + 1, last: { at, slot, task, late } };
    }
    case "schedule.skipped":
      return { ...state, due: event.due, skipped: state.skipped + 1 };
    default:
      return state;
  }
}
