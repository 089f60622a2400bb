import { z } from "zod";
import { event } from "./fact.ts";

/** The name that was given, who commits there by git's settings, and the account of this machine. */
const person = { by: z.string(), identity: z.string().nullable().optional(), login: z.string().nullable().optional() };
const sha = z.string().regex(/^[0-9a-f]{64}$/);
/** When it comes, and what it adds each time. */
const says = z.object({
  cron: z.string().optional(),
  rrule: z.string().optional(),
  zone: z.string(),
  missed: z.enum(["skip", "once"]),
  workflow: z.string(),
  title: z.string(),
  body: sha.nullable(),
  priority: z.int().min(0).max(4),
  labels: z.array(z.string()),
});
/** When it is due next, in milliseconds since the epoch; 0: never. */
const due = z.int().nonnegative();

/** What can happen to a schedule, in a stream of its own. Past tense, never changed, only added to. */
export const scheduleEvents = [
  event("schedule.added", {
    /** Each fact of the stream is written together with an anchor; early ones were not. First, where an audit looks for it. */
    anchored: z.literal(true).optional(),
    name: z.string(),
    says,
    /** Root of the user's working tree. */
    repository: z.string(),
    /** Of a schedule that claw.yaml proposed: the commit it was read from. */
    proposed: z.string().optional(),
    ...person,
  }),
  event("schedule.enabled", { due, ...person }),
  event("schedule.disabled", { ...person }),
  event("schedule.removed", { ...person }),
  /** It added a task: for the time `slot`, or because a person wanted so, `by`. */
  event("schedule.fired", {
    slot: z.int().nullable(),
    late: z.boolean(),
    task: z.string(),
    due,
    by: z.string().optional(),
  }),
  /** The time `slot` came and nothing was done. */
  event("schedule.skipped", { slot: z.int(), due, reason: z.enum(["missed", "unfinished"]) }),
] as const;

/** One fact of a schedule. */
export type ScheduleEvent = z.infer<(typeof scheduleEvents)[number]>;
