import { z } from "zod";
import { exitCodes, type Outcome, restingOutcomes, UsageError } from "../errors.ts";
import { lineOfKey, readStrictYaml } from "../strict-yaml.ts";
import { checkFlow } from "./flow-check.ts";
import { stepKinds, stepSchema } from "./flow-steps.ts";

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,39}$/, "must be lower-case letters, digits, - and _, and begin with a letter");
const outcomes = Object.keys(exitCodes) as [Outcome, ...Outcome[]];
/** Where a run rests, its flow waits with it, and never goes on without. */
const final = outcomes.filter((outcome) => !restingOutcomes.includes(outcome)) as [Outcome, ...Outcome[]];
/** Outcomes that a flow may be told to go on after. */
const bad = final.filter((outcome) => outcome !== "proven" && outcome !== "done") as [Outcome, ...Outcome[]];
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const Input = z.strictObject({
  type: z.enum(["string", "integer", "number", "boolean", "list", "enum"], {
    error: "must be string, integer, number, boolean, list or enum",
  }),
  about: z.string().optional().meta({ description: "What it is, for people." }),
  default: z
    .union([scalar, z.array(scalar)])
    .optional()
    .meta({ description: "Without one it must be given." }),
  values: z.array(z.string()).min(1).optional().meta({ description: "What an enum may be." }),
});
export type FlowInput = z.infer<typeof Input>;

const When = z
  .strictObject({
    step: z.string().optional().meta({ description: "An earlier step." }),
    input: z.string().optional().meta({ description: "An input, instead of a step." }),
    outcome: z
      .union([z.enum([...final, "skipped"]), z.array(z.enum([...final, "skipped"])).min(1)], {
        error: `must be one or several of: ${[...final, "skipped"].join(", ")}`,
      })
      .optional()
      .meta({ description: "How that step ended." }),
    output: z.string().optional().meta({ description: "A value that the step gave." }),
    is: scalar.optional(),
    is_not: scalar.optional(),
    above: z.number().optional().meta({ description: "For a list its length counts." }),
    below: z.number().optional().meta({ description: "For a list its length counts." }),
  })
  .meta({ description: "A comparison with what an earlier step came to, or with an input." });
export type FlowCondition = z.infer<typeof When>;

/** Items of a step that are worked on, whatever it says. */
const MOST_ITEMS = 1000;
/** How to have more items worked on than a step takes. */
export const moreItems = (most: number): string =>
  most < MOST_ITEMS
    ? `allow more with at_most, up to ${MOST_ITEMS}`
    : `no step takes more than ${MOST_ITEMS}: divide them`;

const Step = z.strictObject({
  id: name,
  when: z
    .union([When, z.array(When).min(1)], { error: "must be a comparison, or a list of them that must all hold" })
    .optional(),
  for_each: z
    .union(
      [
        z.string(),
        z.strictObject({ lines: z.string().min(1).meta({ description: "A file of JSON lines." }) }),
        z.strictObject({
          again: z.string().meta({ description: "An earlier step with for_each: its items." }),
          outcome: z.array(z.enum(bad)).min(1).meta({ description: "Those that ended so." }),
        }),
      ],
      {
        error:
          'must be a reference to a list in quotes, "{{inputs.…}}", or { lines: FILE } of JSON lines, or { again: STEP, outcome: [no-patch] }',
      },
    )
    .optional()
    .meta({ description: "Do it for each item of a list." }),
  at_most: z.int().min(1).max(MOST_ITEMS).default(100).meta({ description: "Items that are worked on." }),
  continue_on: z
    .array(z.enum(bad, { error: `must be some of: ${bad.join(", ")}` }))
    .default([])
    .meta({ description: "Outcomes besides proven and done after which the flow goes on." }),
  model: z.string().min(1).optional().meta({ description: "fix: the model that works on it." }),
  engine: z
    .enum(["native", "search"], { error: "must be native or search" })
    .optional()
    .meta({ description: "fix: who writes the patch, a model or the search engine." }),
  budget_usd: z.number().min(0.01).max(10_000).optional().meta({ description: "Most money for it, or for each item." }),
  minutes: z.number().min(0.1).max(10_080).optional().meta({ description: "Most time for it, or for each item." }),
  fix: stepSchema(stepKinds.fix).nullable().optional(),
  triage: stepSchema(stepKinds.triage).nullable().optional(),
  localise: stepSchema(stepKinds.localise).nullable().optional(),
  approval: stepSchema(stepKinds.approval).nullable().optional(),
});
export type FlowStep = z.infer<typeof Step>;

/** A flow: steps that are runs of claw's workflows, done one after the other. */
export const Flow = z.strictObject({
  name,
  about: z.string().optional().meta({ description: "What it is for, in one line." }),
  inputs: z.record(name, Input).default({}),
  budget_usd: z
    .number()
    .min(0.01)
    .max(10_000)
    .optional()
    .meta({ description: "Most money for all steps together; it only narrows what whoever runs it grants." }),
  minutes: z.number().min(0.1).max(10_080).default(480).meta({ description: "Most time, waits for people left out." }),
  steps: z.array(Step).min(1, "must have at least one step").max(50),
});
export type Flow = z.infer<typeof Flow>;

/** The JSON Schema that is published as schema/flow.schema.json. */
export const flowSchema = (): unknown => z.toJSONSchema(Flow, { target: "draft-2020-12", io: "input" });

/** Reads a flow file. A mistake is a UsageError that names the line, and what was probably meant. */
export function readFlow(text: string, file: string): Flow {
  const flow = readStrictYaml(text, { file, schema: Flow, published: flowSchema });
  const [problem] = checkFlow(flow);
  if (!problem) return flow;
  const { path, message, hint } = problem;
  throw new UsageError(`${file}:${lineOfKey(text, path)}: ${path.join(".")}: ${message}`, hint);
}
