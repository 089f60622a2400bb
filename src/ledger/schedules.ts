import type { Clock } from "../clock.ts";
import type { JobMove } from "../store/queue.ts";
import type { DueSchedule, Schedules } from "../store/schedules.ts";
import { type Row, SCHEDULE_PREFIX, type Store } from "../store/store.ts";
import { GENESIS } from "./chain.ts";
import { headAnchor, onward } from "./companion.ts";
import type { Event, EventOf } from "./events.ts";
import type { ScheduleEvent } from "./schedule-events.ts";
import { sealed } from "./sealed.ts";

/** The stream of a schedule's facts. Like those of tasks it lies behind all runs. */
export const scheduleStream = (name: string): string => `${SCHEDULE_PREFIX}${name}`;

/** With the mark by which an audit knows that all of the stream is anchored: only its first fact bears it. */
const marked = (facts: readonly ScheduleEvent[], newest: Row | null): readonly ScheduleEvent[] =>
  newest === null
    ? facts.map((fact) => (fact.type === "schedule.added" ? { ...fact, anchored: true as const } : fact))
    : facts;

/** What happened to a schedule, and what becomes true with it. */
export interface ScheduleFacts {
  readonly name: string;
  readonly facts: readonly ScheduleEvent[];
  /** When it was due as the teller knows it, and when it is from now on; 0: never. */
  readonly from: number;
  readonly to: number;
  /** The task that it adds, with a job for it. */
  readonly task?: { readonly id: string; readonly added: EventOf<"task.added">; readonly jobs: readonly JobMove[] };
}

/** Keeps schedules: each is a stream of its own, read like a run. How one stands is the fold of it: `foldSchedule`. */
export interface ScheduleBook extends Schedules {
  /** All of it becomes true, or nothing: throws SlotTaken where somebody else moved the schedule first. */
  tellSchedule(told: ScheduleFacts): Promise<void>;
}

export function scheduleBook(desk: {
  readonly store: Pick<Store, "append" | "schedules" | "dueSchedules">;
  readonly clock: Clock;
  readonly scrub: (text: string) => string;
}): ScheduleBook {
  const { store, clock, scrub } = desk;
  const next = (run: string, newest: Row | null, facts: readonly Event[]): readonly Row[] =>
    sealed(facts, { run, head: newest?.hash ?? GENESIS, seq: (newest?.seq ?? -1) + 1, at: () => clock.now(), scrub });
  return {
    schedules: (): Promise<readonly DueSchedule[]> => store.schedules(),
    dueSchedules: (now, limit) => store.dueSchedules(now, limit),
    async tellSchedule({ name, facts, from, to, task }) {
      const run = scheduleStream(name);
      await store.append({
        rows: [],
        blobs: [],
        durable: true,
        slot: { name, from, to },
        onto: [
          { run, rows: (newest) => next(run, newest, marked(facts, newest)), anchor: headAnchor },
          // A task that is there already is that of the same time.
          ...(task ? [onward(desk, { task: task.id, facts: [task.added] })] : []),
        ],
        jobs: task?.jobs ?? [],
      });
    },
  };
}
