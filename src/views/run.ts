import type { Event, EventOf, Recorded } from "../ledger/events.ts";

export interface StageState {
  readonly name: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly output: unknown;
}

/** What the ledger says about a run, and the only place that says it: resume, report and screen read this. */
export interface RunState {
  readonly status: "new" | "running" | "paused" | "ended";
  readonly started: Recorded<EventOf<"run.started">> | null;
  readonly stages: readonly StageState[];
  /** Set while paused or ended. */
  readonly end: Recorded<EventOf<"run.paused"> | EventOf<"run.ended">> | null;
  /** Milliseconds somebody worked on it, pauses left out. */
  readonly activeMs: number;
  readonly lastAt: number;
}

export const newRun: RunState = { status: "new", started: null, stages: [], end: null, activeMs: 0, lastAt: 0 };

/** One event forward. */
export function applyToRun(run: RunState, event: Recorded): RunState {
  // An approval is given while nobody works on the run.
  const resting = run.lastAt === 0 || run.status === "paused" || run.status === "ended" || event.type === "run.resumed";
  const next = { ...run, lastAt: event.at, activeMs: run.activeMs + (resting ? 0 : event.at - run.lastAt) };
  switch (event.type) {
    case "run.started":
      return { ...next, status: "running", started: event };
    case "run.resumed":
      return { ...next, status: "running", end: null };
    case "run.paused":
      return { ...next, status: "paused", end: event };
    case "run.ended":
      return { ...next, status: "ended", end: event };
    case "stage.started":
      return next.stages.some(({ name }) => name === event.stage)
        ? next
        : {
            ...next,
            stages: [...next.stages, { name: event.stage, startedAt: event.at, finishedAt: null, output: null }],
          };
    case "stage.finished":
      return {
        ...next,
        stages: next.stages.map((stage) =>
          stage.name === event.stage ? { ...stage, finishedAt: event.at, output: event.output } : stage,
        ),
      };
    default:
      return next;
  }
}

export const foldRun = (events: readonly Recorded[]): RunState => events.reduce(applyToRun, newRun);

/** The newest event of one type, if there is one. */
export function latest<Type extends Event["type"]>(
  events: readonly Recorded[],
  type: Type,
): Recorded<EventOf<Type>> | undefined {
  return events.findLast((event): event is Recorded<EventOf<Type>> => event.type === type);
}

/** All events of one type, in order. */
export function ofType<Type extends Event["type"]>(
  events: readonly Recorded[],
  type: Type,
): readonly Recorded<EventOf<Type>>[] {
  return events.filter((event): event is Recorded<EventOf<Type>> => event.type === type);
}
