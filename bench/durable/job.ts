import { systemClock } from "../../src/clock.ts";
import type { NewJob } from "../../src/store/queue.ts";

/** A job about nothing that any task tells of: whoever takes it is done with it at once. */
export const jobAbout = (payload: string, now: number): NewJob => ({
  id: systemClock.newId(),
  kind: "task",
  subject: `t-none${systemClock.newId()}`,
  payload,
  dedupe: null,
  priority: 2,
  at: now,
  lane: "",
  role: "fix",
  model: "",
  repository: "/repo",
});
