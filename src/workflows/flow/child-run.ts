import { restingOutcomes } from "../../errors.ts";
import type { FlowStep } from "../../policy/flow-file.ts";
import { bodyOf } from "../../policy/flow-steps.ts";
import { filled, filledBody, type FlowScope } from "../../policy/flow-values.ts";
import type { RunEnd } from "../workflow.ts";
import type { ChildEnd } from "./children.ts";
import { nothingTaken, rest } from "./ends.ts";
import { isGood, leftOf, recordResult, type StepResult, type Tale } from "./tale.ts";

/** What a step came to, or how the flow pauses before it is known. */
export type StepOrPause = StepResult | { readonly end: RunEnd };

/** Is this outcome one that the flow goes on after? */
export const mayGoOn = ({ continue_on: more }: FlowStep, outcome: StepResult["outcome"]): boolean =>
  outcome === "skipped" || isGood(outcome) || more.includes(outcome);

/** What every step gives by name. */
export const given = (
  outcome: string,
  reason: string,
  { run, usdNano }: Pick<ChildEnd, "run" | "usdNano"> = { run: null, usdNano: 0 },
): Readonly<Record<string, unknown>> => ({ outcome, reason, run, cost_usd: usdNano === null ? null : usdNano / 1e9 });

/** One run that is wanted: a step, or one item of it. */
interface WantedRun {
  readonly step: FlowStep;
  readonly name: string;
  readonly scope: FlowScope;
}

/** Has a run do it, or go on with it, and records what it came to; its stage has started. */
export async function doRun(tale: Tale, { step, name, scope }: WantedRun): Promise<StepOrPause> {
  const { desk, children, begun } = tale;
  const { kind, spec, body } = bodyOf(step);
  const values = filledBody(spec, body, scope);
  if (typeof values === "string")
    return finish(tale, name, { ...nothingTaken, outcome: "usage", hint: badValue, reason: values, outputs: {} });
  const left = leftOf(tale);
  const own = step.budget_usd === undefined ? null : Math.round(step.budget_usd * 1e9);
  const model = step.model === undefined ? undefined : filled(step.model, scope);
  const ended = await children.work(
    {
      step: name,
      kind,
      values,
      model: typeof model === "string" ? model : undefined,
      engine: step.engine,
      most: {
        ...left,
        usdNano: own === null || left.usdNano === null ? (left.usdNano ?? own) : Math.min(left.usdNano, own),
        wallMs: Math.round(Math.min(desk.deadline - desk.clock.now(), (step.minutes ?? Infinity) * 60_000)),
      },
    },
    begun.get(name) ?? null,
  );
  // Ctrl-C, a cancelled flow and the end of its time end the flow itself.
  desk.signal.throwIfAborted();
  if (restingOutcomes.includes(ended.outcome)) {
    tale.open.set(name, ended);
    return { end: rest(desk.log.run, name, ended) };
  }
  return finish(tale, name, ended);
}

/** What to do about a value that does not fit. */
export const badValue = "mend what it is given, or the flow; what a step takes: docs/flows.md";

/** Records what a step or item came to, and counts what it took. */
export async function finish(tale: Tale, name: string, ended: ChildEnd | StepResult): Promise<StepResult> {
  const { outcome, reason, hint, run, usdNano, tokens } = ended;
  const outputs = { ...ended.outputs, ...given(outcome, reason, ended) };
  const result = await recordResult(tale, name, { outcome, reason, hint, run, usdNano, tokens, outputs });
  tale.taken.push(result);
  return result;
}
