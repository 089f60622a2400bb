import { z } from "zod";
import { count, line, millis, texts } from "./line.ts";

const says = {
  cron: z.string().optional(),
  rrule: z.string().optional(),
  zone: z.string(),
  missed: z.enum(["skip", "once"]),
  workflow: z.string(),
  title: z.string(),
  body: z.string().nullable(),
  priority: z.int().min(0).max(4),
  labels: texts,
};
const person = z.strictObject({
  by: z.string(),
  identity: z.string().nullable().optional(),
  login: z.string().nullable().optional(),
});

/** A schedule that is kept. */
const Kept = line("schedule", {
  name: z.string(),
  status: z.enum(["enabled", "disabled", "removed"]),
  ...says,
  repository: z.string(),
  proposed: z.string().nullable().meta({ description: "The commit whose claw.yaml proposed it." }),
  since: millis,
  enabledBy: person.nullable(),
  due: millis.meta({ description: "When it is due next, in milliseconds since the epoch; 0: never." }),
  last: z.strictObject({ at: millis, slot: millis.nullable(), task: z.string(), late: z.boolean() }).nullable(),
  fired: count,
  skipped: count,
});

/** One that claw.yaml proposes, and nobody let do anything. */
const Proposed = line("schedule", {
  name: z.string(),
  status: z.literal("proposed"),
  ...says,
  repository: z.string(),
  proposed: z.string(),
});

export const ScheduleLine = Kept;
export const ListedScheduleLine = z.union([Kept, Proposed]);
export const ScheduleRunLine = line("schedule-run", {
  name: z.string(),
  task: z.string().nullable(),
  late: z.boolean(),
  skipped: z.enum(["missed", "unfinished"]).nullable(),
});
