import { z } from "zod";
import { exitCodes, type Outcome } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import { latestGates, notEnforced, sandboxFacts } from "../views/evidence.ts";
import { evidenceLevel, levels } from "../views/evidence-level.ts";
import { flowSteps } from "../views/flow.ts";
import { foldRun, latest, ofType } from "../views/run.ts";
import { foldStages, type StageRow } from "../views/stages.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import { lastModel } from "../views/tiers.ts";
import { whatIf } from "../views/what-if.ts";
import { servedModels } from "./answered-by.ts";
import { changeOf } from "./change.ts";
import { fixFacts } from "./fix-facts.ts";
import { onTheWay } from "./on-the-way.ts";

const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
const count = z.int().nonnegative();
const dollars = z.number().nullable();

/** What `--json` ends with, and `claw show --json` prints. Fields are only ever added within a version. */
export const Result = z.strictObject({
  version: z.literal(1),
  run: z.string(),
  workflow: z.string(),
  status: z.enum(["running", "interrupted", "paused", "ended"]),
  outcome: outcome.nullable().meta({ description: "Null while the run is running." }),
  exitCode: z.int().nullable(),
  reason: z.string(),
  hint: z.string(),
  resumable: z.boolean().meta({ description: "Can `claw resume` continue it?" }),
  task: z.strictObject({ title: z.string(), source: z.string() }).nullable(),
  repository: z.string(),
  base: z.string(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  pullRequest: z.string().nullable().optional().meta({ description: "Address of the draft pull request." }),
  model: z
    .strictObject({
      label: z.string(),
      served: z.array(z.string()).meta({ description: "What the server said answered." }),
    })
    .nullable(),
  stages: z.array(
    z.strictObject({
      name: z.string(),
      ms: z.number(),
      finished: z.boolean(),
      verdict: z.enum(["passed", "failed", "unfinished"]).optional(),
      turns: count.optional(),
      usd: z.number().nullable().optional().meta({ description: "Null when part of it has no known price." }),
      evidence: z
        .array(z.strictObject({ what: z.string(), events: z.array(count) }))
        .optional()
        .meta({ description: "Executions of tests in it, with the numbers of their events." }),
      events: z.strictObject({ first: count, last: count }).optional(),
    }),
  ),
  evidence: z.array(
    z.strictObject({
      purpose: z.string(),
      verdict: z.enum(["green", "red", "broken"]),
      tree: z.string(),
      command: z.string(),
      files: z.array(z.string()),
      passed: count,
      failed: count,
      skipped: count,
      exitCode: z.int(),
      ms: z.number(),
    }),
  ),
  evidenceLevel: z
    .strictObject({
      level: z.enum(levels),
      inputs: count.meta({ description: "Tests that fail on the base and pass with the change." }),
      raisedBy: z.array(z.string()),
      wouldRaise: z.array(z.string()),
    })
    .nullable()
    .optional()
    .meta({ description: "How much is known about the change, from L0 to L3; null when there is none." }),
  gates: z.array(
    z.strictObject({ gate: z.string(), verdict: z.enum(["pass", "ask", "block"]), reasons: z.array(z.string()) }),
  ),
  spend: z.strictObject({
    turns: count,
    inputTokens: count,
    cachedTokens: count,
    outputTokens: count,
    usd: z.number().nullable().meta({ description: "Null when part of it has no known price." }),
    atTier: z
      .strictObject({ default: dollars, flex: dollars, fast: dollars })
      .nullable()
      .optional()
      .meta({ description: "What the same requests would have cost at each service tier, in US dollars." }),
    priceLock: z.string().nullable().optional().meta({ description: "SHA-256 of the price list and tier table." }),
    pricedBy: z
      .enum(["listed", "configured", "hourly", "own-server", "recorded", "unknown"])
      .nullable()
      .optional()
      .meta({ description: "Where the price came from; own-server: free, because no price is configured." }),
  }),
  steps: z
    .array(
      z.strictObject({
        step: z
          .string()
          .meta({ description: 'Its id; with the number of an item where there are several: "mend[2]".' }),
        outcome: z.string().meta({ description: "An outcome, or skipped." }),
        reason: z.string(),
        run: z.string().nullable(),
        usd: dollars,
      }),
    )
    .optional()
    .meta({ description: "Of a flow: its finished steps. What their runs cost is not in spend." }),
  diff: z.strictObject({ files: count, added: count, deleted: count }).nullable(),
  tests: z
    .strictObject({
      reproduction: z.array(z.string()).meta({ description: "Test files that were shown red on the base." }),
      neverRed: z.array(z.string()).meta({ description: "Test files the patch adds or changes besides them." }),
      leftOut: z
        .array(z.string())
        .meta({ description: "Parts of the test script that are no tests and were not run." }),
    })
    .meta({ description: "What the proof ran, and what it did not." }),
  onTheWay: z
    .strictObject({
      refusals: z.array(z.strictObject({ session: z.string(), why: z.string() })),
      frozenEdits: z.array(z.string()).meta({ description: "Edits of the frozen reproduction that were refused." }),
      strayEdits: z.array(z.string()).meta({ description: "Files edited, and put back, when only a test was wanted." }),
    })
    .meta({ description: "What sessions tried and claw did not let pass." }),
  notEnforced: z.array(z.string()).meta({ description: "What the sandbox could not enforce on this machine." }),
  sandbox: z
    .strictObject({
      backends: z.array(z.string()),
      level: z.enum(["complete", "standard", "none"]).meta({ description: "none: somebody wanted to run without." }),
      waivedBy: z.string().nullable(),
    })
    .nullable()
    .optional()
    .meta({ description: "What held the commands of the run; null when none was run." }),
  notes: z.array(z.string()),
  record: z.string().meta({ description: "Head of the run's ledger, SHA-256." }),
});
export type Result = z.infer<typeof Result>;

/** The JSON Schema that is published as schema/result.schema.json. */
export const resultSchema = (): unknown => z.toJSONSchema(Result, { target: "draft-2020-12" });

export interface RunFacts {
  readonly run: string;
  readonly events: readonly Recorded[];
  readonly head: string;
  /** A live process writes it right now. */
  readonly active: boolean;
}

/** How a run stands, in one word for people and machines. */
function statusOf({ events, active }: Pick<RunFacts, "events" | "active">): Result["status"] {
  const { status } = foldRun(events);
  if (status === "ended" || status === "paused") return status;
  return active ? "running" : "interrupted";
}

const evidenceOf = (events: readonly Recorded[]): Result["evidence"] =>
  ofType(events, "suite.ran").map(
    ({ purpose, verdict, tree, command, files, passed, failed, skipped, exitCode, ms }) => ({
      purpose,
      verdict,
      tree,
      command,
      files,
      passed,
      failed,
      skipped,
      exitCode,
      ms,
    }),
  );

/** A copy that nobody shares. */
function levelOf(events: readonly Recorded[]): NonNullable<Result["evidenceLevel"]> | null {
  const found = evidenceLevel(events);
  return found && { ...found, raisedBy: [...found.raisedBy], wouldRaise: [...found.wouldRaise] };
}

function sandboxOf(events: readonly Recorded[]): NonNullable<Result["sandbox"]> | null {
  const found = sandboxFacts(events);
  return found && { ...found, backends: [...found.backends] };
}

const inDollars = (nano: number | null): number | null => (nano === null ? null : nano / 1e9);

/** What the run was priced by, and what it would have cost otherwise. */
function pricesOf(events: readonly Recorded[]): Pick<Result["spend"], "atTier" | "priceLock" | "pricedBy"> {
  const prices = latest(events, "run.started")?.prices;
  const other = whatIf(events);
  return {
    atTier: other && { default: inDollars(other.default), flex: inDollars(other.flex), fast: inDollars(other.fast) },
    priceLock: prices?.lock ?? null,
    pricedBy: prices?.terms.kind ?? null,
  };
}

/** Only for a flow. */
function stepsOf(events: readonly Recorded[]): Pick<Result, "steps"> {
  const steps = flowSteps(events);
  if (steps.length === 0) return {};
  return {
    steps: steps.map(({ name: step, outcome, reason, run, usdNano }) => ({
      step,
      outcome,
      reason,
      run,
      usd: inDollars(usdNano),
    })),
  };
}

const stageFacts = (row: StageRow | undefined) =>
  row && {
    verdict: row.verdict,
    turns: row.turns,
    usd: row.cost === null ? null : row.cost / 1e9,
    evidence: row.evidence.map(({ what, events }) => ({ what, events: [...events] })),
    events: { first: row.first, last: row.last },
  };

/** Everything a script may want to know about a run. */
export function resultOf(facts: RunFacts): Result {
  const { run, events, head } = facts;
  const { started, stages, end, lastAt } = foldRun(events);
  const { task, notes, suite, reproduction, patch, published } = fixFacts(events);
  const { refusals, frozenEdits, strayEdits } = onTheWay(events);
  const rows = foldStages(events);
  const status = statusOf(facts);
  const outcome = end?.outcome ?? (status === "interrupted" ? "interrupted" : null);
  const spend = foldSpend(events);
  const nano = shownCost(spend);
  const change = changeOf(events);
  return {
    version: 1,
    run,
    workflow: started?.workflow ?? "",
    status,
    outcome,
    exitCode: outcome === null ? null : exitCodes[outcome],
    reason: end?.reason ?? (status === "interrupted" ? "its process is gone" : ""),
    hint: end?.hint ?? (status === "interrupted" ? `claw resume ${run}` : ""),
    resumable: status === "paused" || status === "interrupted",
    task: task && { title: task.title, source: task.source },
    repository: started?.repository ?? "",
    base: started?.base ?? "",
    ...published,
    pullRequest: ofType(events, "effect.done").find(({ effect }) => effect === "pull-request")?.result ?? null,
    model: started?.model
      ? { label: lastModel(events) ?? started.model.label, served: [...servedModels(events)] }
      : null,
    stages: stages.map(({ name, startedAt, finishedAt }) => ({
      name,
      ms: (finishedAt ?? lastAt) - startedAt,
      finished: finishedAt !== null,
      ...stageFacts(rows.find((row) => row.name === name)),
    })),
    evidence: evidenceOf(events),
    evidenceLevel: levelOf(events),
    gates: latestGates(events).map(({ gate, verdict, reasons }) => ({ gate, verdict, reasons })),
    spend: {
      turns: spend.turns,
      inputTokens: spend.inputTokens,
      cachedTokens: spend.cachedTokens,
      outputTokens: spend.outputTokens,
      usd: inDollars(nano),
      ...pricesOf(events),
    },
    ...stepsOf(events),
    diff: change && { files: change.files, added: change.added, deleted: change.deleted },
    tests: {
      reproduction: reproduction?.files ?? [],
      neverRed: patch?.tests ?? [],
      leftOut: suite?.leftOut ?? [],
    },
    onTheWay: { refusals: [...refusals], frozenEdits: [...frozenEdits], strayEdits: [...strayEdits] },
    notEnforced: [...notEnforced(events)],
    sandbox: sandboxOf(events),
    notes: [...notes],
    record: head,
  };
}
