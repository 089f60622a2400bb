import { exitCodes } from "../errors.ts";
import { nearest } from "../text.ts";
import { comparisonProblem, conditionsOf } from "./flow-condition.ts";
import type { Flow, FlowCondition, FlowInput, FlowStep } from "./flow-file.ts";
import { inputProblem } from "./flow-inputs.ts";
import {
  bodyOf,
  type FlowFields,
  type FlowType,
  forEachGives,
  kindsIn,
  type StepKind,
  stepKinds,
} from "./flow-steps.ts";
import { type FlowReference, fits, type ItemFields, piecesOf, typeWords, wholeReference } from "./flow-values.ts";

/** A mistake that the shape of a file does not show. */
export interface FlowProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint: string;
}

/** What a place in the file may name. */
interface Known {
  readonly inputs: Readonly<Record<string, FlowInput>>;
  /** What earlier steps give, by their ids. */
  readonly steps: ReadonlyMap<string, FlowFields>;
  /** What the items of those with for_each are. */
  readonly items: ReadonlyMap<string, ItemShape>;
  /** Undefined where there is no item. */
  readonly item: ItemShape | undefined;
}

interface ItemShape {
  readonly type: FlowType;
  readonly fields: ItemFields;
}

type Path = FlowProblem["path"];

/** Everything wrong with a flow that can be known before it runs, in the order of its lines. */
export function checkFlow(flow: Flow): readonly FlowProblem[] {
  const problems: FlowProblem[] = Object.entries(flow.inputs).flatMap(([name, input]) => {
    const wrong = inputProblem(input);
    return wrong ? [{ path: ["inputs", name], ...wrong }] : [];
  });
  const steps = new Map<string, FlowFields>();
  const items = new Map<string, ItemShape>();
  flow.steps.forEach((step, index) => {
    const path = ["steps", index];
    if (steps.has(step.id)) problems.push(problem([...path, "id"], `${step.id} is there already`, "give each its own"));
    const known = { inputs: flow.inputs, steps, items, item: undefined };
    problems.push(...checkStep(step, path, known));
    if (step.for_each !== undefined) items.set(step.id, itemOf(step.for_each, known));
    const { spec } = bodyOf(step);
    steps.set(step.id, step.for_each === undefined ? spec.gives : forEachGives(spec));
  });
  return problems;
}

const problem = (path: Path, message: string, hint: string): FlowProblem => ({ path, message, hint });

function checkStep(step: FlowStep, path: Path, known: Known): FlowProblem[] {
  const kinds = kindsIn(step);
  const all = Object.keys(stepKinds).join(", ");
  if (kinds.length !== 1)
    return [
      problem(path, `says ${kinds.length === 0 ? "none" : kinds.join(" and ")} of ${all}`, "give it exactly one"),
    ];
  const { kind, spec, body } = bodyOf(step);
  const given = spec.oneOf?.filter((field) => body[field] !== undefined) ?? [];
  const item = step.for_each === undefined ? undefined : itemOf(step.for_each, known);
  const here = { ...known, item };
  return [
    ...(kind !== "fix"
      ? (["model", "engine"] as const)
          .filter((field) => step[field] !== undefined)
          .map((field) => problem([...path, field], `a ${kind} step has none`, "take it out, or give it to a fix step"))
      : []),
    ...(kind === "approval" && step.for_each !== undefined
      ? [problem([...path, "for_each"], "an approval is asked for once", "take it out")]
      : []),
    ...(spec.oneOf && given.length !== 1
      ? [
          problem(
            [...path, kind],
            `says ${given.length === 0 ? "nothing" : given.join(" and ")} to work on`,
            `give it ${spec.oneOf.length > 1 ? "exactly one of " : ""}${spec.oneOf.join(", ")}`,
          ),
        ]
      : []),
    ...conditionsOf(step.when).flatMap((when, index) =>
      checkCondition(when, [...path, "when", ...(Array.isArray(step.when) ? [index] : [])], known),
    ),
    ...checkForEach(step, path, known),
    ...checkInputsOnly(step.model, [...path, "model"], known),
    ...Object.entries(body).flatMap(([field, value]) => checkField(spec, field, value, [...path, kind, field], here)),
  ];
}

function checkForEach({ for_each: each }: FlowStep, path: Path, known: Known): FlowProblem[] {
  const at = [...path, "for_each"];
  if (each === undefined) return [];
  if (typeof each === "object" && "again" in each) {
    if (known.items.has(each.again)) return [];
    return [
      problem(
        [...at, "again"],
        ...told(unknown(`no earlier step with for_each is called ${each.again}`, each.again, [...known.items.keys()])),
      ),
    ];
  }
  if (typeof each !== "string") return checkInputsOnly(each.lines, [...at, "lines"], known);
  const reference = wholeReference(each);
  if (!reference) return [problem(at, "is no reference to a list", 'for example: "{{inputs.issues}}"')];
  return checkReference(reference, "list", at, known);
}

/** What decides which file is read, or to whom words are sent, comes from whoever runs the flow. */
function checkInputsOnly(text: unknown, path: Path, known: Known): FlowProblem[] {
  if (typeof text !== "string") return [];
  const foreign = piecesOf(text).find((piece) => "reference" in piece && piece.reference.root !== "inputs");
  if (foreign)
    return [problem(path, "may name inputs only: what is worked on must not decide it", "take it from an input")];
  return checkText(text, "string", path, known);
}

function checkField(spec: StepKind, field: string, value: unknown, path: Path, known: Known): FlowProblem[] {
  const type = spec.takes[field]?.type ?? "any";
  if (typeof value !== "string") return [];
  return field === "file" ? checkInputsOnly(value, path, known) : checkText(value, type, path, known);
}

function checkText(text: string, wanted: FlowType, path: Path, known: Known): FlowProblem[] {
  const whole = wholeReference(text);
  if (whole) return checkReference(whole, wanted, path, known);
  return piecesOf(text).flatMap((piece) => {
    if ("words" in piece) return [];
    if ("unknown" in piece)
      return [
        problem(
          path,
          `{{${piece.unknown}}} names nothing`,
          "there are {{inputs.…}}, {{steps.….…}}, {{item}}, {{item.…}}, {{index}}",
        ),
      ];
    return checkReference(piece.reference, "string", path, known);
  });
}

function checkReference(reference: FlowReference, wanted: FlowType, path: Path, known: Known): FlowProblem[] {
  const type = typeOf(reference, known);
  if (typeof type === "object") return [problem(path, type.message, type.hint)];
  if (fits(type, wanted)) return [];
  return [problem(path, `${spelled(reference)} is ${typeWords(type)}`, `here must be ${typeWords(wanted)}`)];
}

const spelled = ({ root, step, field }: FlowReference): string =>
  `{{${[root, step, field].filter((part) => part !== null).join(".")}}}`;

type Mistake = Pick<FlowProblem, "message" | "hint">;

function typeOf({ root, step, field }: FlowReference, { inputs, steps, item }: Known): FlowType | Mistake {
  if (root === "inputs") {
    const input = own(inputs, field);
    return input ? typeOfInput(input) : unknown(`no input is called ${field}`, field, Object.keys(inputs));
  }
  if (root === "steps") {
    const gives = steps.get(step ?? "");
    if (!gives) return unknown(`no earlier step is called ${step}`, step, [...steps.keys()]);
    return own(gives, field)?.type ?? unknown(`${step} gives no ${field}`, field, Object.keys(gives));
  }
  if (!item) return { message: `there is no ${root} without for_each`, hint: "give the step for_each" };
  if (root === "index") return "integer";
  if (field === null) return item.type;
  if (item.fields === null) return "any";
  return own(item.fields, field)?.type ?? unknown(`an item here has no ${field}`, field, Object.keys(item.fields));
}

/** A name may be "constructor": what every object has counts for nothing. */
const own = <T>(named: Readonly<Record<string, T>>, name: string | null): T | undefined =>
  name !== null && Object.hasOwn(named, name) ? named[name] : undefined;

function unknown(message: string, word: string | null, there: readonly string[]): Mistake {
  const meant = nearest(word ?? "", there);
  return { message, hint: meant ? `did you mean "${meant}"?` : `there are: ${there.join(", ") || "none"}` };
}

const typeOfInput = ({ type }: FlowInput): FlowType => (type === "enum" ? "string" : type);

/** What each item of a list is. */
function itemOf(each: NonNullable<FlowStep["for_each"]>, { steps, items }: Known): ItemShape {
  const plain: ItemShape = { type: "any", fields: null };
  if (typeof each === "object" && "again" in each) return items.get(each.again) ?? plain;
  const reference = typeof each === "string" ? wholeReference(each) : null;
  const fields =
    reference?.root === "steps" ? own(steps.get(reference.step ?? "") ?? {}, reference.field)?.each : undefined;
  if (!fields) return plain;
  return { type: reference?.field === "regressions" ? "regression" : "any", fields };
}

function checkCondition(when: FlowCondition, path: Path, { inputs, steps }: Known): FlowProblem[] {
  const { step, input, outcome, output } = when;
  const comparisons = (["is", "is_not", "above", "below"] as const).filter((name) => when[name] !== undefined);
  if ((step === undefined) === (input === undefined))
    return [problem(path, "compares with one step or one input", "give it step: …, or input: …")];
  if (input !== undefined && !own(inputs, input))
    return [problem([...path, "input"], ...told(unknown(`no input is called ${input}`, input, Object.keys(inputs))))];
  const gives = step === undefined ? undefined : steps.get(step);
  if (step !== undefined && !gives)
    return [problem([...path, "step"], ...told(unknown(`no earlier step is called ${step}`, step, [...steps.keys()])))];
  if (output !== undefined && gives && !own(gives, output))
    return [problem([...path, "output"], ...told(unknown(`${step} gives no ${output}`, output, Object.keys(gives))))];
  const named = [outcome, output].filter((one) => one !== undefined).length;
  if (step !== undefined && named !== 1)
    return [
      problem(
        path,
        "says which of the step's results it compares",
        "give it outcome: …, or output: … with is, is_not, above or below",
      ),
    ];
  const wanted = outcome === undefined ? 1 : 0;
  if (comparisons.length !== wanted || (input !== undefined && named > 0))
    return [problem(path, "is no comparison", "give it one of is, is_not, above, below; an outcome needs none")];
  if (outcome !== undefined) return [];
  const given = own(inputs, input ?? null);
  const type = given ? typeOfInput(given) : (own(gives ?? {}, output ?? null)?.type ?? "any");
  const wrong = comparisonProblem(when, type, given?.values ?? (output === "outcome" ? ways : null));
  return wrong ? [problem(path, wrong.message, wrong.hint)] : [];
}

/** How a step can have ended. */
const ways: readonly string[] = ["skipped", ...Object.keys(exitCodes)];

const told = ({ message, hint }: Mistake): [string, string] => [message, hint];
