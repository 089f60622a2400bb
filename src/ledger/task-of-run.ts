import type { Companion } from "./companion.ts";
import type { Event } from "./events.ts";
import type { TaskEvent } from "./task-events.ts";

/** Ends that deliver what was asked for: a proven fix, a review; of a triage its verdicts, whatever they are. */
const delivered: ReadonlySet<string> = new Set([
  "proven",
  "done",
  "regression",
  "flaky",
  "environment",
  "timeout",
  "unknown",
]);

/**
 * Keeps the task of a run in step with it, whoever writes the run: begun, paused, ended and decided about are facts of both,
 * and become true together. `events` are the run's so far.
 */
export function taskOfRun(run: string, events: readonly Event[]): Companion {
  return (facts) => {
    const started = [...events.slice(0, 1), ...facts].find((event) => event.type === "run.started");
    const task = started?.task;
    const told = task === undefined ? [] : facts.flatMap((fact) => meaningOf(run, fact));
    return task === undefined || told.length === 0 ? {} : { tasks: [{ task, facts: told }] };
  };
}

function meaningOf(run: string, fact: Event): TaskEvent[] {
  switch (fact.type) {
    case "run.started":
    case "run.resumed":
      return [{ type: "task.worked", run }];
    case "run.paused":
    case "run.ended": {
      const { outcome, reason, hint } = fact;
      return fact.type === "run.ended" && delivered.has(outcome)
        ? [{ type: "task.closed", outcome, reason, by: "claw", run }]
        : [{ type: "task.rested", run, outcome, reason, hint }];
    }
    default:
      return [];
  }
}
