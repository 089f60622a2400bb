import { conditionsOf, firstUnmet } from "../../policy/flow-condition.ts";
import type { FlowStep } from "../../policy/flow-file.ts";
import { bodyOf } from "../../policy/flow-steps.ts";
import { filledBody } from "../../policy/flow-values.ts";
import { ofType } from "../../views/run.ts";
import { askPerson } from "../waiting.ts";
import type { RunEnd } from "../workflow.ts";
import { badValue, doRun, finish, given, mayGoOn, type StepOrPause } from "./child-run.ts";
import { askedText, nothingTaken, stepFailed } from "./ends.ts";
import { doItems } from "./items.ts";
import { recordedResult, recordResult, scopeOf, type StepResult, type Tale } from "./tale.ts";

/** Does a step, unless it is on record. Gives how the flow ends, or pauses, with it; null where it goes on. */
export async function doStep(tale: Tale, step: FlowStep): Promise<RunEnd | null> {
  const result = await resultOf(tale, step);
  if ("end" in result) return result.end;
  tale.results.set(step.id, result);
  return mayGoOn(step, result.outcome) ? null : stepFailed(step.id, result);
}

async function resultOf(tale: Tale, step: FlowStep): Promise<StepOrPause> {
  const { desk } = tale;
  // Items are on record one by one, and have taken what they took.
  if (step.for_each !== undefined) {
    const unmet = unmetOf(tale, step);
    return unmet === null ? doItems(tale, step) : skip(tale, step, unmet);
  }
  const done = await recordedResult(tale, step.id);
  if (done) {
    tale.taken.push(done);
    return done;
  }
  const unmet = unmetOf(tale, step);
  if (unmet !== null) return skip(tale, step, unmet);
  desk.signal.throwIfAborted();
  await desk.log.append({ type: "stage.started", stage: step.id });
  if (step.approval === undefined) return doRun(tale, { step, name: step.id, scope: scopeOf(tale) });
  return approve(tale, step);
}

/** The first of its conditions that does not hold. */
const unmetOf = ({ inputs, results }: Tale, { when }: FlowStep): string | null =>
  firstUnmet(conditionsOf(when), { inputs, steps: results });

async function skip(tale: Tale, { id }: FlowStep, unmet: string): Promise<StepResult> {
  const done = await recordedResult(tale, id);
  if (done) return done;
  await tale.desk.log.append({ type: "stage.started", stage: id });
  const reason = `not so: ${unmet}`;
  return recordResult(tale, id, { ...nothingTaken, outcome: "skipped", reason, outputs: given("skipped", reason) });
}

/** Waits, without a process, until a person has approved what is asked, together with what the steps before came to. */
async function approve(tale: Tale, step: FlowStep): Promise<StepOrPause> {
  const { desk } = tale;
  const values = filledBody(bodyOf(step).spec, bodyOf(step).body, scopeOf(tale));
  if (typeof values === "string")
    return finish(tale, step.id, { ...nothingTaken, outcome: "usage", hint: badValue, reason: values, outputs: {} });
  const ask = String(values["ask"]);
  const asked = desk.log.put(askedText(tale, ask));
  const end = askPerson(desk, asked, [ask]);
  if (end) return { end };
  const by = ofType(desk.log.events, "approval.given").findLast(({ diff }) => diff === asked)?.by ?? "";
  return finish(tale, step.id, { ...nothingTaken, outcome: "done", reason: `${by} approved: ${ask}`, outputs: { by } });
}
