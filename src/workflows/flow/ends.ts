import type { Outcome } from "../../errors.ts";
import { conditionsOf } from "../../policy/flow-condition.ts";
import type { Flow, FlowCondition, FlowStep } from "../../policy/flow-file.ts";
import { wholeReference } from "../../policy/flow-values.ts";
import { plural } from "../../text.ts";
import type { RunEnd } from "../workflow.ts";
import type { ChildEnd } from "./children.ts";
import { isGood, type StepResult, type Tale } from "./tale.ts";

/** For what needs no run. */
export const nothingTaken = { run: null, hint: "", usdNano: 0, tokens: 0 } as const;

/** The flow rests with the run of a step. */
export function rest(flow: string, step: string, { run, outcome, reason, hint, after }: ChildEnd): RunEnd {
  const next =
    outcome === "waiting" && run !== null
      ? `look at it with claw diff ${run}, then: claw approve ${run} && claw resume ${flow}`
      : `${run === null ? hint : hint.replaceAll("<run>", flow).replaceAll(`claw resume ${run}`, `claw resume ${flow}`)}`;
  return { outcome, reason: `step ${step}: ${reason}`, hint: next, ...(after !== undefined && { after }) };
}

/** A step ended with what the flow does not go on after. */
export function stepFailed(step: string, { outcome, reason, hint, run }: StepResult): RunEnd {
  return {
    outcome: outcome === "skipped" ? "no-patch" : outcome,
    reason: `step ${step}: ${reason}`,
    hint:
      hint !== ""
        ? hint
        : run === null
          ? "mend the flow, or let it go on: continue_on"
          : `see it with: claw show ${run}`,
  };
}

/**
 * How a flow ends whose steps are all finished: with the first outcome that is not good and that no later step has dealt with.
 * A later step has dealt with an outcome that was done because of it (`when`, `for_each`) and came to what was asked for. A flow
 * in which nothing was done is no success.
 */
export function flowEnd({ steps }: Flow, results: ReadonlyMap<string, StepResult>): RunEnd {
  const counts = [...results.values()];
  const did = counts.filter(({ outcome }) => outcome !== "skipped").length;
  const skipped = counts.length - did;
  const told = [plural(did, "step"), ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", ");
  if (did === 0)
    return { outcome: "no-patch", reason: `no step had anything to do: ${told}`, hint: "see why with: claw log" };
  const dealt: string[] = [];
  for (const { id } of steps) {
    const result = results.get(id);
    if (!result) continue;
    const all = badIn(result);
    const left = all.filter((outcome) => !steps.some((other) => dealsWith(other, { id, outcome }, results)));
    const [first] = left;
    if (first !== undefined) return stepFailed(id, { ...result, outcome: first as Outcome });
    if (all.length > 0) dealt.push(`${id} ended with ${all.join(" and ")}, which a later step dealt with`);
  }
  return { outcome: "done", reason: [`${told} done`, ...dealt].join("; "), hint: "" };
}

/** Outcomes of a step and its items that are not what was asked for. */
function badIn({ outcome, outputs }: StepResult): readonly string[] {
  const items = Array.isArray(outputs["items"]) ? (outputs["items"] as { readonly outcome?: unknown }[]) : [];
  const all = [outcome, ...items.map((item) => String(item.outcome))];
  return [...new Set(all.filter((one) => one !== "skipped" && !isGood(one)))];
}

/** Was a step done because of an outcome of an earlier one, and came to what was asked for? */
function dealsWith(
  { id, when, for_each: each }: FlowStep,
  earlier: { readonly id: string; readonly outcome: string },
  results: ReadonlyMap<string, StepResult>,
): boolean {
  if (!isGood(results.get(id)?.outcome ?? "")) return false;
  if (typeof each === "object" && "again" in each)
    return each.again === earlier.id && each.outcome.includes(earlier.outcome as never);
  const reference = wholeReference(each);
  const isOver = reference?.root === "steps" && reference.step === earlier.id;
  const named = (outcome: FlowCondition["outcome"]): boolean =>
    outcome === undefined || [outcome].flat().includes(earlier.outcome as never);
  return isOver || conditionsOf(when).some(({ step, outcome }) => step === earlier.id && named(outcome));
}

/** What a person is asked, and what the steps before came to: an approval is bound to all of it. */
export function askedText({ flow, results }: Tale, ask: string): string {
  const lines = [...results].flatMap(([id, { outcome, reason, run, outputs }]) => [
    `  ${id}: ${outcome}, ${reason}${run === null ? "" : ` (claw show ${run})`}`,
    ...itemLines(outputs["items"]),
  ]);
  return [
    `The flow ${flow.name} asks: ${ask}`,
    "",
    "What its steps came to:",
    ...(lines.length > 0 ? lines : ["  nothing yet"]),
    "",
  ].join("\n");
}

const itemLines = (items: unknown): string[] =>
  Array.isArray(items)
    ? (items as Record<string, unknown>[]).map(
        ({ outcome, reason, run }, index) =>
          `    ${index + 1}. ${String(outcome)}, ${String(reason)}${typeof run === "string" ? ` (claw show ${run})` : ""}`,
      )
    : [];
