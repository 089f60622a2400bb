import { z } from "zod";

/** A schedule's name: it is part of dedupe keys and of commands that people type. */
export const scheduleName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "must be lower-case letters, digits and dashes, at most 64");

/** The names that stand for a cron expression, as vixie cron has them. */
const aliases = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$/;
const fields = /^[0-9a-z*,/#?-]+( [0-9a-z*,/#?-]+){4}$/i;

/** Five fields, or one of the usual names. What the fields say is checked where the next time is worked out. */
const cron = z
  .string()
  .transform((text) => text.trim().replaceAll(/\s+/g, " "))
  .refine((text) => aliases.test(text) || fields.test(text), "must be five fields, such as 0 3 * * 1, or @daily")
  .meta({
    description: 'Five fields as crontab has them: minute, hour, day, month, weekday; or "@daily" and the like.',
  });

/** RFC 5545 allows a rule for each second; nothing that people would review comes that often. */
const rrule = z
  .string()
  .transform((text) => text.trim().replace(/^RRULE:/i, ""))
  .refine((text) => /^FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY)(;[A-Z0-9=,+-]+)*$/i.test(text), {
    message:
      "must begin with FREQ=, and come no more often than each minute, such as FREQ=WEEKLY;BYDAY=MO;BYHOUR=3;BYMINUTE=0",
  })
  .meta({ description: "A recurrence rule of RFC 5545, counted from when the schedule was made." });

/** A time zone's name as the tz database has it. Whether there is such a zone is checked where the next time is worked out. */
const zone = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, "must be a time zone such as Europe/Berlin")
  .meta({ description: "Time zone in which the hours are meant, such as Europe/Berlin (default: UTC)." });

/** When something happens again and again, and what: each time a task is added. Strict: claw.yaml holds such a thing, too. */
export const Schedule = z
  .strictObject({
    cron: cron.optional(),
    rrule: rrule.optional(),
    zone: zone.default("UTC"),
    missed: z.enum(["skip", "once"]).default("once").meta({
      description: "What becomes of times at which nothing was running: skip them, or make up for all of them once.",
    }),
    workflow: z.enum(["fix", "triage"]).default("fix"),
    title: z.string().trim().min(1).max(200).meta({ description: "What is to be done, in one line." }),
    body: z.string().max(65_536).default("").meta({ description: "The whole text of the task." }),
    priority: z.int().min(0).max(4).default(2).meta({ description: "0 is the most urgent, 4 the least." }),
    labels: z.array(z.string().min(1).max(100)).max(20).default([]),
  })
  .refine((one) => (one.cron === undefined) !== (one.rrule === undefined), {
    message: "needs either cron or rrule",
    path: ["cron"],
  });
export type Schedule = z.infer<typeof Schedule>;

/** The part that says when. */
export type Recurrence = Pick<Schedule, "cron" | "rrule" | "zone">;
