import { z } from "zod";
import type { Recorded } from "../ledger/events.ts";
import { ofType } from "./run.ts";

const Step = z.object({
  step: z.object({
    outcome: z.string(),
    reason: z.string(),
    run: z.string().nullable(),
    /** Nano-dollars; null where that is not known. */
    usdNano: z.number().nullable(),
    tokens: z.number().default(0),
  }),
});

type StepFacts = z.infer<typeof Step>["step"];

/** How a step of a flow ended, or one item of it: `name` is "mend", or "mend[2]". */
export interface FlowStepRow extends StepFacts {
  readonly name: string;
}

/** What the stage of a flow's step came to; null for a stage that is none. */
export const stepOf = (output: unknown): StepFacts | null => Step.safeParse(output).data?.step ?? null;

/** Finished steps and items of a flow in the order they were finished; empty for other runs. */
export const flowSteps = (events: readonly Recorded[]): readonly FlowStepRow[] =>
  ofType(events, "stage.finished").flatMap(({ stage, output }) => {
    const step = stepOf(output);
    return step ? [{ name: stage, ...step }] : [];
  });

/** What the runs of a flow's finished steps cost, in nano-dollars; null where one has no known price. */
export const flowCost = (steps: readonly FlowStepRow[]): number | null =>
  steps.reduce<number | null>((sum, { usdNano }) => (sum === null || usdNano === null ? null : sum + usdNano), 0);

/** Tokens that the runs of a flow's finished steps read and wrote. */
export const flowTokens = (steps: readonly FlowStepRow[]): number => steps.reduce((sum, { tokens }) => sum + tokens, 0);
