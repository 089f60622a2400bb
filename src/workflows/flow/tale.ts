import { z } from "zod";
import { exitCodes, type Outcome } from "../../errors.ts";
import { Sha } from "../../ledger/events.ts";
import type { Flow } from "../../policy/flow-file.ts";
import type { FlowScope } from "../../policy/flow-values.ts";
import { ofType } from "../../views/run.ts";
import type { Children } from "./children.ts";
import type { FlowDesk, FlowInput } from "./flow.ts";

const outcomes = ["skipped", ...(Object.keys(exitCodes) as Outcome[])] as const;

/** How a step, or one item of it, ended: what its stage hands on. */
const Recorded = z.object({
  step: z.object({
    outcome: z.enum(outcomes),
    reason: z.string(),
    hint: z.string(),
    run: z.string().nullable(),
    /** Nano-dollars; null where that is not known. */
    usdNano: z.number().nullable(),
    tokens: z.number(),
  }),
  /** A blob: what it gives by name. */
  outputs: Sha,
});
type StepEnd = z.infer<typeof Recorded>["step"];

export interface StepResult extends StepEnd {
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A flow as far as it got. What it knows besides the record is what the record says. */
export interface Tale {
  readonly desk: FlowDesk;
  readonly children: Children;
  readonly flow: Flow;
  readonly inputs: FlowScope["inputs"];
  readonly lines: FlowInput["lines"];
  /** Ids of the runs begun by now, by their steps. */
  readonly begun: ReadonlyMap<string, string>;
  /** Finished steps in their order, by their ids. */
  readonly results: Map<string, StepResult>;
  /** What runs of unfinished steps have taken, by their steps. */
  readonly open: Map<string, Pick<StepEnd, "usdNano" | "tokens">>;
  /** What finished steps and items have taken. */
  readonly taken: Pick<StepEnd, "usdNano" | "tokens">[];
}

export async function openTale(
  desk: FlowDesk,
  children: Children,
  parts: Pick<Tale, "flow" | "inputs" | "lines">,
): Promise<Tale> {
  return { ...parts, desk, children, begun: await children.begun(), results: new Map(), open: new Map(), taken: [] };
}

/** What references of a step are looked up in. */
export const scopeOf = ({ inputs, results }: Tale): FlowScope => ({
  inputs,
  steps: new Map([...results].map(([id, { outputs }]) => [id, outputs])),
});

/** What a step or item came to that is on record; null while it is not. */
export async function recordedResult({ desk }: Pick<Tale, "desk">, name: string): Promise<StepResult | null> {
  const done = ofType(desk.log.events, "stage.finished").find(({ stage }) => stage === name);
  if (!done) return null;
  const { step, outputs } = Recorded.parse(done.output);
  return { ...step, outputs: JSON.parse(await desk.log.text(outputs)) as StepResult["outputs"] };
}

/** Records what a step or item came to, and gives it as it was recorded, without secrets. */
export async function recordResult(
  { desk }: Pick<Tale, "desk">,
  name: string,
  result: StepResult,
): Promise<StepResult> {
  const { outputs, ...step } = result;
  await desk.log.append({ type: "stage.finished", stage: name, output: { step, outputs: desk.log.putJson(outputs) } });
  return (await recordedResult({ desk }, name)) ?? result;
}

/** What is left for the next step of what all of them may take together. Where nobody knows what a step cost, no money is. */
export function leftOf({ desk, taken, open }: Tale): { readonly usdNano: number | null; readonly tokens: number } {
  let { usdNano, tokens } = desk.limits;
  for (const one of [...taken, ...open.values()]) {
    if (usdNano !== null) usdNano = one.usdNano === null ? 0 : Math.max(0, usdNano - one.usdNano);
    tokens = Math.max(0, tokens - one.tokens);
  }
  return { usdNano, tokens };
}

/** Did it come to what was asked for? */
export const isGood = (outcome: string): boolean => outcome === "proven" || outcome === "done";
