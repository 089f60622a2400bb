import { nearest } from "../text.ts";
import type { FlowCondition } from "./flow-file.ts";
import type { FlowType } from "./flow-steps.ts";
import { typeWords } from "./flow-values.ts";

/** How an earlier step ended, and what it gave. */
interface StepFacts {
  readonly outcome: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface Known {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly steps: ReadonlyMap<string, StepFacts>;
}

/** Conditions as a list: all must hold. */
export const conditionsOf = (when: FlowCondition | FlowCondition[] | undefined): readonly FlowCondition[] =>
  when === undefined ? [] : Array.isArray(when) ? when : [when];

/** The first condition that does not hold, in words; null where all do. */
export function firstUnmet(when: readonly FlowCondition[], known: Known): string | null {
  const unmet = when.find((condition) => !holds(condition, known));
  return unmet ? conditionWords(unmet) : null;
}

function holds(condition: FlowCondition, { inputs, steps }: Known): boolean {
  const { step, input, outcome, output } = condition;
  const facts = step === undefined ? undefined : steps.get(step);
  if (outcome !== undefined) return facts !== undefined && [outcome].flat().includes(facts.outcome as never);
  return compares(condition, input === undefined ? facts?.outputs[output ?? ""] : inputs[input]);
}

function compares({ is, is_not, above, below }: FlowCondition, value: unknown): boolean {
  if (is !== undefined) return value === is;
  if (is_not !== undefined) return value !== is_not;
  const size = Array.isArray(value) ? value.length : value;
  if (typeof size !== "number") return false;
  return above === undefined ? below !== undefined && size < below : size > above;
}

/** Types whose values are compared with what YAML reads as such a value; the others are compared by their size, if at all. */
const plainTypes: Readonly<Record<string, readonly FlowType[]>> = {
  string: ["string", "any"],
  number: ["integer", "number", "any"],
  boolean: ["boolean", "any"],
};
const sized: readonly FlowType[] = ["integer", "number", "list", "any"];

/** What is wrong with a comparison that can never tell anything: `words` are all that the value can be, where that is known. */
export function comparisonProblem(
  { is, is_not, above, below }: FlowCondition,
  type: FlowType,
  words: readonly string[] | null,
): { readonly message: string; readonly hint: string } | null {
  const other = is ?? is_not ?? above ?? below;
  const types = is === undefined && is_not === undefined ? sized : plainTypes[typeof other];
  if (!types?.includes(type))
    return {
      message: `${typeWords(type)} is compared with ${JSON.stringify(other)}`,
      hint: hintFor(type, types === sized),
    };
  if (words === null || words.includes(String(other))) return null;
  const meant = nearest(String(other), words);
  return {
    message: `it can never be ${JSON.stringify(other)}`,
    hint: meant ? `did you mean "${meant}"?` : `there are: ${words.join(", ")}`,
  };
}

function hintFor(type: FlowType, bySize: boolean): string {
  if (type === "list") return "its length is compared with above or below";
  return bySize
    ? "compare it with is or is_not"
    : type === "string"
      ? "put it into quotes"
      : `it must be ${typeWords(type)}`;
}

/** "the outcome of look is regression". */
export function conditionWords({ step, input, outcome, output, is, is_not, above, below }: FlowCondition): string {
  if (outcome !== undefined) return `the outcome of ${step} is ${[outcome].flat().join(" or ")}`;
  const what = input === undefined ? `${output} of ${step}` : `input ${input}`;
  if (is !== undefined) return `${what} is ${JSON.stringify(is)}`;
  if (is_not !== undefined) return `${what} is not ${JSON.stringify(is_not)}`;
  return above === undefined ? `${what} is below ${below}` : `${what} is above ${above}`;
}
