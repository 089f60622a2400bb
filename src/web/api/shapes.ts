import { z } from "zod";
import { exitCodes, type Outcome } from "../../errors.ts";
import { Result } from "../../reports/result.ts";

const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
const line = (max: number) => z.string().trim().min(1).max(max);
const time = z.int().meta({ description: "Milliseconds since the epoch." });

/** A task that somebody wants. Its words are data: they grant nothing. */
export const WantedTask = z.strictObject({
  title: line(200),
  body: z.string().max(65_536).default(""),
  repository: z
    .string()
    .optional()
    .meta({ description: "One of those that the server serves; its first when left out." }),
  priority: z.int().min(0).max(4).default(2).meta({ description: "0 is the most urgent, 4 can wait." }),
  labels: z.array(line(100)).max(20).default([]),
  acceptance: z.string().trim().min(1).max(4000).optional(),
  key: line(200).optional().meta({ description: "Asked for twice with one key, it is one task." }),
});
export type WantedTask = z.infer<typeof WantedTask>;

/** A task as it stands. */
export const Task = z.object({
  task: z.string(),
  title: z.string(),
  status: z.enum(["open", "running", "paused", "waiting", "failed", "dead", "closed"]),
  priority: z.int(),
  labels: z.array(z.string()),
  source: z.object({ kind: z.string(), ref: z.string() }),
  repository: z.string(),
  workflow: z.string(),
  by: z.string(),
  runs: z.array(z.string()),
  openRun: z.string().nullable(),
  created: time,
  updated: time,
  end: z.object({ outcome: z.string(), reason: z.string(), hint: z.string() }).nullable(),
});
export type Task = z.infer<typeof Task>;

export const TaskAnswer = z.object({ version: z.literal(1), added: z.boolean(), ...Task.shape });
export const TaskList = z.object({ version: z.literal(1), tasks: z.array(Task) });
export const TaskQuery = z.strictObject({
  status: Task.shape.status.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

export const Cancel = z.strictObject({ reason: line(1000).default("cancelled over the API") });

export const RunQuery = z.strictObject({
  outcome: z.enum(["running", ...Object.keys(exitCodes)]).optional(),
  workflow: z.string().max(100).optional(),
  before: z.string().max(40).optional().meta({ description: "The page after this run." }),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});
export const RunList = z.object({ version: z.literal(1), runs: z.array(Result) });

export const Approval = z.strictObject({
  diff: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: "Hash of the change that is approved, as the run names it." }),
  days: z.number().positive().max(365).optional().meta({ description: "How long the approval holds." }),
});
export const Rejection = z.strictObject({ reason: line(1000) });
export const Decision = z.object({ version: z.literal(1), run: z.string(), by: z.string(), diff: z.string() });

/** What a run waits for. */
export const Pending = z.object({
  version: z.literal(1),
  run: z.string(),
  diff: z.string(),
  patch: z.string(),
  reason: z.string(),
});

export const Health = z.object({ version: z.literal(1), claw: z.string() });

/** Every refusal, and every failure. */
export const Problem = z.object({
  error: z.object({ outcome, message: z.string(), hint: z.string() }),
});
