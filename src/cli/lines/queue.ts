import { z } from "zod";
import { NightReport } from "../../reports/night.ts";
import { count, line, millis, moment, texts } from "./line.ts";

const gate = z.enum(["open", "paused", "draining"]);
const jobState = z.enum(["ready", "deferred", "leased", "done", "dead"]);

const news = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  line("work", { at: millis, kind: z.literal(kind), ...shape });

/** What happens in a pool. */
export const WorkLine = z.discriminatedUnion("kind", [
  news("began", { task: z.string(), title: z.string(), tries: count }),
  news("run", { task: z.string(), run: z.string() }),
  news("ended", {
    task: z.string(),
    title: z.string(),
    run: z.string().nullable(),
    outcome: z.string().meta({ description: "An outcome; bug, lost or nothing where no run ended." }),
    reason: z.string(),
    hint: z.string(),
    next: z.enum(["finish", "again", "bury", "lost"]),
    at: millis.nullable(),
  }),
  news("lost", { jobs: count }),
  news("gate", { state: gate, by: z.string() }),
  news("renewed", {
    why: z
      .enum(["idle", "memory"])
      .meta({ description: "The process begins anew, and goes on: no result follows yet." }),
  }),
]);

/** The last line of a pool. */
export const WorkResultLine = line("result", {
  why: z.enum(["drained", "deadline", "interrupted", "gate", "paused", "stopped"]),
  outcomes: z.record(z.string(), count),
  again: count,
  buried: count,
  lost: count,
});

export const QueueLine = line("queue", {
  gate,
  totals: z.record(jobState, count),
  doneLastHour: count,
  lanes: z.array(
    z.strictObject({
      lane: z.string(),
      role: z.string(),
      model: z.string(),
      repository: z.string(),
      state: jobState,
      jobs: count,
      oldest: moment,
      tookMs: z.number().nullable(),
    }),
  ),
});

export const GateLine = line("gate", { state: gate, before: gate, by: z.string() });

export const DeadLine = line("dead", {
  job: z.string(),
  task: z.string(),
  title: z.string(),
  reason: z.string(),
  died: moment,
  tries: count,
  crashes: count,
  history: z.array(
    z.strictObject({
      from: moment,
      to: moment,
      owner: z.string(),
      how: z.enum(["crashed", "again", "dead", "revived"]),
      reason: z.string(),
    }),
  ),
});
export const RetryLine = line("retry", { jobs: texts });
export const DropLine = line("drop", { jobs: texts });
export const PruneLine = line("prune", { pruned: count });

export const NightPlanLine = line("night-plan", {
  work: z.array(
    z.strictObject({
      kind: z.enum(["parked", "ci", "issue", "task"]),
      title: z.string(),
      task: z.string().nullable(),
      source: z.string(),
      priority: z.int(),
      isNew: z.boolean().meta({ description: "The forge has it, and no task was made of it yet." }),
    }),
  ),
  duplicates: count,
  waiting: z.array(z.strictObject({ task: z.string(), title: z.string(), run: z.string().nullable() })),
  gate: z.enum(["open", "paused", "draining"]).meta({ description: "Where it is not open, a night begins nothing." }),
  notes: texts.meta({ description: "What the forge was asked, or why it was not." }),
});

const told = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  line("night-news", { at: millis, kind: z.literal(kind), ...shape });

/** What happens in a night. */
export const NightNewsLine = z.discriminatedUnion("kind", [
  told("begins", { night: z.string(), goesOn: z.boolean(), work: texts }),
  told("work", { task: z.string(), title: z.string() }),
  told("run", { task: z.string(), run: z.string() }),
  told("ends", { task: z.string(), outcome: z.string(), reason: z.string() }),
  told("untold", { channel: z.string(), reason: z.string() }),
  told("waits", {
    until: millis.nullable().meta({ description: "Null: until somebody lets it." }),
    reason: z.string(),
  }),
]);
export const NightLine = NightReport.extend({ type: z.literal("night") });
