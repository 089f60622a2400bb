import type { Job, JobState, Priority, Try } from "./queue.ts";

/** A job as its row holds it. */
export interface JobRow extends Omit<Job, "history" | "state" | "priority"> {
  readonly state: JobState;
  readonly priority: number;
  readonly rank: number;
  readonly slot: string;
  readonly fence: number;
  /** JSON. */
  readonly history: string;
}

export function jobIn(found: JobRow): Job {
  const { rank: _, slot: __, fence: ___, history, priority, ...row } = found;
  return { ...row, priority: priority as Priority, history: JSON.parse(history) as Try[] };
}
