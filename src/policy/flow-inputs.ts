import { UsageError } from "../errors.ts";
import { nearest } from "../text.ts";
import type { Flow, FlowInput } from "./flow-file.ts";

/** What is wrong with how an input is declared. */
export function inputProblem(input: FlowInput): { readonly message: string; readonly hint: string } | null {
  const { type, default: value, values } = input;
  if ((type === "enum") !== (values !== undefined))
    return {
      message: type === "enum" ? "an enum says what it may be" : "only an enum has values",
      hint: type === "enum" ? "give it values: [one, other]" : "make its type enum, or take them out",
    };
  if (value !== undefined && !isOf(input, value))
    return { message: `its default is ${JSON.stringify(value)}`, hint: `it must be ${wordsOf(input)}` };
  return null;
}

function isOf({ type, values }: FlowInput, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "list":
      return Array.isArray(value);
    case "enum":
      return values?.includes(value as string) ?? false;
    default:
      return typeof value === type;
  }
}

const wordsOf = ({ type, values }: FlowInput): string =>
  ({
    string: "a text",
    integer: "a whole number",
    number: "a number",
    boolean: "true or false",
    list: "a list: a,b,c or a list in JSON",
    enum: `one of ${values?.join(", ") ?? ""}`,
  })[type];

/** Values for a flow's inputs, given as "name=value", each of the type that is declared. Throws UsageError. */
export function readInputs(flow: Flow, given: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const one of given) {
    const at = one.indexOf("=");
    const name = at < 0 ? one : one.slice(0, at);
    const input = Object.hasOwn(flow.inputs, name) ? flow.inputs[name] : undefined;
    if (!input) throw noSuchInput(name, Object.keys(flow.inputs));
    if (at < 0) throw new UsageError(`--input ${name} has no value`, `write it as ${name}=VALUE`);
    const value = valueOf(input, one.slice(at + 1));
    if (value === undefined || !isOf(input, value))
      throw new UsageError(
        `--input ${name} must be ${wordsOf(input)}, not ${JSON.stringify(one.slice(at + 1))}`,
        about(input),
      );
    values[name] = value;
  }
  for (const [name, input] of Object.entries(flow.inputs)) {
    if (Object.hasOwn(values, name)) continue;
    if (input.default === undefined)
      throw new UsageError(
        `the flow ${flow.name} needs the input ${name}: ${wordsOf(input)}`,
        `give it: --input ${name}=VALUE`,
      );
    values[name] = input.default;
  }
  return values;
}

const about = ({ about: text }: FlowInput): string => text ?? "see what a flow takes: claw flow check FILE";

function noSuchInput(name: string, known: readonly string[]): UsageError {
  const meant = nearest(name, known);
  const there = known.length === 0 ? "the flow takes none" : `it takes: ${known.join(", ")}`;
  return new UsageError(`the flow has no input ${JSON.stringify(name)}`, meant ? `did you mean "${meant}"?` : there);
}

/** Undefined where the text cannot be of that type. */
function valueOf({ type }: FlowInput, text: string): unknown {
  if (type === "integer" || type === "number") return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined;
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (type !== "list") return text;
  if (!text.trim().startsWith("[")) return text === "" ? [] : text.split(",").map((part) => part.trim());
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
