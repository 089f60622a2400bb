import { z } from "zod";
import { Sha } from "../../ledger/events.ts";
import { JudgedFailure } from "../../reports/triage-rows.ts";
import { Baseline } from "../fix/input.ts";
import { Setup } from "../fix/setup.ts";

/** A report as the command read it; its digest is a blob. */
const Given = z.object({
  source: z.string(),
  bytes: z.int(),
  formats: z.array(z.string()),
  found: z.int(),
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  notes: z.array(z.string()),
  /** False where it tells of no test at all, or not of all. */
  complete: z.boolean().default(true),
  digest: Sha,
});

/** How fixes of regressions are to be made. */
const FixWanted = z.object({
  engine: z.enum(["native", "search"]).optional(),
  model: z.string().optional(),
  budgetUsd: z.number().optional(),
});

/** What `claw triage` is asked. */
export const TriageInput = z.object({
  reports: z.array(Given),
  /** What was to be read and was not, and why, one sentence each. */
  notes: z.array(z.string()).default([]),
  testCommand: z.string().nullable(),
  /** The commit to compare with; null when none can be reached. */
  base: z.string().nullable(),
  /** Why that one, or why none, in one sentence for people. */
  baseBecause: z.string(),
  /** Executions of a failing test at one commit, at most; 0 runs nothing. */
  reruns: z.int(),
  /** How sure a verdict shall be, below 1. */
  confidence: z.number(),
  /** Commits that are tried in a search for the first bad one. */
  bisect: z.int(),
  /** Shall a model say in words what it takes to lie behind the failures? */
  explain: z.boolean().default(false),
  /** How regressions are to be fixed once the verdicts are there; null when they are not. Money in US dollars, for all together. */
  fix: FixWanted.nullable().default(null),
});
export type TriageInput = z.infer<typeof TriageInput>;

/** How the suite is executed here; null when it is not. */
export const Suite = z.object({
  setup: Setup,
  plan: Baseline.shape.plan,
});
export type Suite = z.infer<typeof Suite>;

/** A failing test with what is known of it: what the last stage hands on, and history is made of. */
export const Judged = JudgedFailure.extend({
  kind: z.enum(["test", "file", "build", "job"]),
  line: z.int().nullable(),
  offset: z.int(),
  ms: z.int().nullable(),
  verdict: z.enum(["regression", "build", "timeout", "unknown", "pre-existing", "infrastructure", "flaky"]),
});
export type Judged = z.infer<typeof Judged>;
