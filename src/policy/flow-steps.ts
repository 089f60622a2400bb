import { z } from "zod";

/** What a value of a flow may be. `regression` is one that a triage found; `any` is known only when the flow runs. */
export type FlowType = "string" | "integer" | "number" | "boolean" | "list" | "regression" | "any";

/** A field that a step takes, or a value that it gives. */
export interface FlowField {
  readonly type: FlowType;
  readonly about: string;
  /** For whole numbers. */
  readonly min?: number;
  readonly max?: number;
  /** What each item of a list gives by name; left out where the items are plain values. */
  readonly each?: FlowFields;
}

export type FlowFields = Readonly<Record<string, FlowField>>;

/** What a kind of step does, takes and gives. */
export interface StepKind {
  readonly about: string;
  /** Exactly one of these is given. */
  readonly oneOf?: readonly string[];
  readonly takes: FlowFields;
  readonly gives: FlowFields;
}

/** What every step gives. */
const always = {
  outcome: { type: "string", about: "how it ended: an outcome of claw, or skipped" },
  reason: { type: "string", about: "one sentence: what happened" },
  run: { type: "string", about: "its run; nothing where none was begun" },
  cost_usd: { type: "number", about: "what it cost in US dollars; nothing where that is not known" },
} as const satisfies FlowFields;

/** What a regression gives that a triage found: `{{item.file}}` in a step with for_each over them. */
const regression = {
  tests: { type: "list", about: "names of the tests that fail of this cause" },
  file: { type: "string", about: "the file of the tests that show it" },
  text: { type: "string", about: "what the executions said, as the text of an issue" },
} as const satisfies FlowFields;

/** Every kind of step. What a flow file may say, its check, docs/flows.md and the published schema follow from this. */
export const stepKinds = {
  fix: {
    about: "fix an issue, as claw fix does",
    oneOf: ["issue", "file", "text", "regression"],
    takes: {
      issue: { type: "string", about: "an issue on the forge, by its number or address" },
      file: { type: "string", about: "a file that says what is wrong; from no item and no step" },
      text: { type: "string", about: "what is wrong, in words: never taken for a file or an address" },
      regression: { type: "regression", about: "one that a triage step found: its failing test is the reproduction" },
      repro: { type: "string", about: "a failing test that exists: a test file, or a command" },
      base: { type: "string", about: "commit, branch or tag to start from; by default the flow's own" },
      test_command: { type: "string", about: "how the whole test suite is run" },
      attempts: { type: "integer", min: 1, max: 20, about: "changes that may fail claw's check" },
      deep: { type: "boolean", about: "search engine: also try changes that seldom help" },
      pr: { type: "boolean", about: "a draft pull request when it is proven; by default for an issue on a forge" },
    },
    gives: {
      ...always,
      title: { type: "string", about: "the issue in one line" },
      branch: { type: "string", about: "the local branch of the fix" },
      commit: { type: "string", about: "its commit" },
      pull_request: { type: "string", about: "address of the draft pull request" },
      files: { type: "integer", about: "files that the change touches" },
    },
  },
  triage: {
    about: "run the suite and say why tests fail, as claw triage does",
    takes: {
      ci_run: {
        type: "string",
        about: "address of a GitHub Actions run: what it left is read, instead of running the suite",
      },
      against: { type: "string", about: "what is compared with: commit, branch or tag" },
      test_command: { type: "string", about: "how the whole test suite is run" },
      reruns: { type: "integer", min: 0, max: 1000, about: "executions of a failing test at one commit, at most" },
      bisect: { type: "integer", min: 0, max: 10_000, about: "commits tried for the first bad one, at most" },
    },
    gives: {
      ...always,
      failures: { type: "integer", about: "tests that fail" },
      flaky: { type: "integer", about: "of them, those that are flaky" },
      regressions: { type: "list", each: regression, about: "what to mend: one item for each cause" },
    },
  },
  localise: {
    about: "rank the lines that a failing test points at, as claw localise does",
    takes: {
      test: { type: "string", about: "a test file, or a command; by default what fails on the base" },
      base: { type: "string", about: "commit, branch or tag to look at; by default the flow's own" },
      test_command: { type: "string", about: "how the whole test suite is run" },
    },
    gives: {
      ...always,
      suspects: { type: "list", about: "lines, the most suspicious first" },
      suspect: { type: "string", about: "the first of them" },
    },
  },
  approval: {
    about: "wait until a person approves what the steps before it came to",
    oneOf: ["ask"],
    takes: { ask: { type: "string", about: "what is asked, in one sentence" } },
    gives: { ...always, by: { type: "string", about: "who approved" } },
  },
} as const satisfies Record<string, StepKind>;

export type StepName = keyof typeof stepKinds;

/** What a step gives that is done for each item of a list. */
export const forEachGives = (kind: StepKind): FlowFields => ({
  outcome: always.outcome,
  reason: always.reason,
  cost_usd: always.cost_usd,
  items: { type: "list", each: kind.gives, about: "what each item gave, in order" },
  count: { type: "integer", about: "items that were worked on" },
  good: { type: "integer", about: "of them, those that ended as proven or done" },
});

/** `{{inputs.name}}`, `{{item}}`, `{{item.name}}`, `{{index}}`, `{{steps.id.name}}`. */
const REFERENCE = /^\{\{\s*[^{}]+?\s*\}\}$/;
const reference = z.string().regex(REFERENCE);

/** What a flow file may write for a field: a value, or a reference to one. */
function written({ type, about, min = 0, max = Number.MAX_SAFE_INTEGER }: FlowField): z.ZodType {
  const said = { description: about };
  switch (type) {
    case "integer": {
      const error = `must be a whole number from ${min} to ${max}, or a reference in quotes: "{{inputs.…}}"`;
      return z.union([z.int(error).min(min, error).max(max, error), reference], { error }).meta(said);
    }
    case "boolean":
      return z
        .union([z.boolean(), reference], { error: 'must be true or false, or a reference in quotes: "{{inputs.…}}"' })
        .meta(said);
    case "regression":
      return z
        .string({ error: 'must be a reference in quotes: "{{item}}"' })
        .regex(REFERENCE, 'must be a reference in quotes: "{{item}}"')
        .meta(said);
    default:
      return z
        .union([z.string().trim().min(1), z.number()], { error: "must be a text; put one with {{…}} into quotes" })
        .meta(said);
  }
}

/** The schema of one kind of step. */
export const stepSchema = ({ takes, about }: StepKind) =>
  z
    .strictObject(Object.fromEntries(Object.entries(takes).map(([name, field]) => [name, written(field).optional()])))
    .meta({ description: about });

/** The kinds that a step names: exactly one in a flow that was read. */
export const kindsIn = (step: Readonly<Partial<Record<StepName, unknown>>>): readonly StepName[] =>
  (Object.keys(stepKinds) as StepName[]).filter((kind) => step[kind] !== undefined);

type Body = Readonly<Record<string, unknown>>;

/** The one kind of a step, and what it says of it. */
export function bodyOf(step: Readonly<Partial<Record<StepName, Body | null | undefined>>>): {
  readonly kind: StepName;
  readonly spec: StepKind;
  readonly body: Body;
} {
  const kind = kindsIn(step)[0] ?? "approval";
  return { kind, spec: stepKinds[kind], body: step[kind] ?? {} };
}
