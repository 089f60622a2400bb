import { z } from "zod";
import { Call } from "../../ledger/message.ts";
import { Result } from "../../reports/result.ts";
import { count, decider, Fact, line, millis, nano, outcome, texts } from "./line.ts";

/** A fact of a run, while it happens or as it was. */
export const EventLine = z.strictObject({ type: z.literal("event"), run: z.string(), event: Fact });

/** A fact of a task. */
export const TaskEventLine = z.strictObject({ type: z.literal("event"), task: z.string(), event: Fact });

/** The last line of what runs something. */
export const ResultLine = Result.extend({ type: z.literal("result") });

/** The last line where nothing could begin, or what had begun broke off. */
export const ErrorLine = line("error", { outcome, exitCode: z.int(), message: z.string(), hint: z.string() });

/** What a fix would begin with. */
export const PlanLine = line("plan", {
  repository: z.string(),
  base: z.string(),
  notes: texts,
  model: z.string(),
  priced: z.boolean().meta({ description: "False: the limit in money cannot hold, the other limits do." }),
  tests: z
    .strictObject({ runner: z.string(), shell: z.string(), source: z.string() })
    .nullable()
    .meta({ description: "Null when a model would be asked how the tests are run." }),
  dependencies: z.string(),
  limits: z.strictObject({
    usdNano: z.int().nullable(),
    turns: count,
    tokens: count,
    wallMs: count,
    attempts: count,
  }),
});

/** One request to a model, as it was sent. */
export const PromptLine = line("prompt", {
  run: z.string(),
  session: z.string(),
  turn: count,
  event: count,
  messages: z.array(
    z.discriminatedUnion("role", [
      z.strictObject({ role: z.literal("system"), text: z.string() }),
      z.strictObject({ role: z.literal("user"), origin: z.enum(["task", "harness", "person"]), text: z.string() }),
      z.strictObject({
        role: z.literal("assistant"),
        text: z.string(),
        calls: z.array(Call.strict()),
        reasoning: z.strictObject({ endpoint: z.string(), model: z.string(), items: z.array(z.unknown()) }).optional(),
      }),
      z.strictObject({
        role: z.literal("tool"),
        callId: z.string(),
        name: z.string(),
        ok: z.boolean(),
        text: z.string(),
      }),
    ]),
  ),
  tools: z.unknown().meta({ description: "The tools that the session had, as they were told to the model." }),
});

export const WhyLine = line("why", {
  run: z.string(),
  status: Result.shape.status,
  outcome: outcome.nullable(),
  exitCode: z.int().nullable(),
  reason: z.string(),
  hint: z.string(),
  facts: z.array(z.strictObject({ event: count, text: z.string() })),
  claims: z.array(z.strictObject({ claim: z.string(), holds: z.boolean(), events: z.array(count) })),
});

export const TreeLine = line("tree", {
  parent: z.string().nullable(),
  run: z.string(),
  workflow: z.string(),
  startedAt: millis,
  outcome: z.string().meta({ description: "An outcome, running or interrupted." }),
  title: z.string(),
  branch: z.string().nullable(),
  cost: nano,
  unconfined: z.boolean(),
  broken: z.boolean(),
});

const sides = { event: count.nullable(), recorded: z.string(), replayed: z.string() };

export const ReplayLine = line("replay", {
  run: z.string(),
  sessions: count,
  requests: count,
  calls: count,
  wire: z.strictObject({ requests: count, replies: count }),
  rerun: z
    .strictObject({
      calls: count,
      reworded: count,
      firstReworded: z.strictObject({ session: z.string(), ...sides }).nullable(),
      changes: count,
    })
    .nullable(),
  divergence: z.strictObject({ session: z.string(), ...sides }).nullable(),
  otherPrompts: texts,
});

export const ApprovalLine = line("approval", { run: z.string(), diff: z.string(), expires: millis, ...decider });
export const RejectionLine = line("rejection", {
  run: z.string(),
  diff: z.string(),
  reason: z.string(),
  ...decider,
});

export const PublishedLine = line("pull-request", { run: z.string(), number: count, url: z.url() });

/** What people did with a pull request. */
export const FollowedLine = line("pull-request", {
  run: z.string(),
  url: z.string(),
  fate: z.enum(["pending", "accepted", "accepted-with-edits", "rejected", "superseded", "reverted"]),
  usd: z.number().nullable(),
});
export const OutcomesLine = line("outcomes", {
  accepted: count,
  decided: count,
  usdPerAccepted: z.number().nullable(),
});

export const StopLine = z.union([
  line("stop", { stopped: z.literal(true), file: z.string(), runs: texts, stillRunning: texts }),
  line("stop", { stopped: z.literal(false), file: z.string(), wasStopped: z.boolean() }),
]);
