import type { FlowField, FlowFields, StepKind } from "./flow-steps.ts";

/** A value that a flow's text names. `field` is null for an item, or its number, as a whole. */
export interface FlowReference {
  readonly root: "inputs" | "item" | "index" | "steps";
  readonly step: string | null;
  readonly field: string | null;
}

/** A part of a text: plain words, a reference, or what stands in braces and is none. */
type Piece = { readonly words: string } | { readonly reference: FlowReference } | { readonly unknown: string };

/** What references are looked up in. */
export interface FlowScope {
  readonly inputs: Readonly<Record<string, unknown>>;
  /** What earlier steps gave, by their ids. */
  readonly steps: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly item?: unknown;
  /** From 1. */
  readonly index?: number;
}

/** A text in its parts. */
export const piecesOf = (text: string): readonly Piece[] =>
  text
    .split(/(\{\{[^{}]*\}\})/)
    .filter((part) => part !== "")
    .map((part) => (/^\{\{[^{}]*\}\}$/.test(part) ? named(part.slice(2, -2).trim()) : { words: part }));

function named(text: string): Piece {
  const [, item, index, root, step, field] =
    /^(?:item(?:\.([\w-]+))?|(index)|(?:(inputs)|steps\.([a-z][a-z0-9_-]*))\.([a-z][a-z0-9_-]*))$/.exec(text) ?? [];
  if (index !== undefined) return { reference: { root: "index", step: null, field: null } };
  if (field !== undefined)
    return { reference: { root: root === undefined ? "steps" : "inputs", step: step ?? null, field } };
  if (text === "item" || item !== undefined) return { reference: { root: "item", step: null, field: item ?? null } };
  return { unknown: text };
}

/** The reference that is all of a text: it keeps the type of what it names. */
export function wholeReference(text: unknown): FlowReference | null {
  const [only, more] = typeof text === "string" ? piecesOf(text.trim()) : [];
  return only && more === undefined && "reference" in only ? only.reference : null;
}

/** What a reference names; null where there is nothing. */
export function lookUp({ root, step, field }: FlowReference, { inputs, steps, item, index }: FlowScope): unknown {
  if (root === "index") return index ?? null;
  if (root === "item") return field === null ? (item ?? null) : own(item, field);
  return own(root === "inputs" ? inputs : steps.get(step ?? ""), field ?? "");
}

const own = (of: unknown, field: string): unknown =>
  typeof of === "object" && of !== null && Object.hasOwn(of, field)
    ? ((of as Record<string, unknown>)[field] ?? null)
    : null;

/** A written value with its references looked up: one alone keeps its type, among words it is written out. */
export function filled(value: unknown, scope: FlowScope): unknown {
  if (typeof value !== "string") return value;
  const whole = wholeReference(value);
  if (whole) return lookUp(whole, scope);
  return piecesOf(value)
    .map((piece) =>
      "words" in piece ? piece.words : "reference" in piece ? asWords(lookUp(piece.reference, scope)) : "",
    )
    .join("");
}

const asWords = (value: unknown): string =>
  value === null ? "nothing" : typeof value === "object" ? JSON.stringify(value) : String(value as string | number);

/** What a step is asked, once its references are looked up; a sentence where a value does not fit. */
export function filledBody(
  { takes, oneOf }: StepKind,
  body: Readonly<Record<string, unknown>>,
  scope: FlowScope,
): Readonly<Record<string, unknown>> | string {
  const values: Record<string, unknown> = {};
  for (const [field, spec] of Object.entries(takes)) {
    const value = body[field] === undefined ? null : filled(body[field], scope);
    if (value === null) continue;
    const fit = fitted(value, spec);
    if (fit === undefined) return `${field} must be ${wordsFor(spec)}, not ${shown(value)}`;
    values[field] = fit;
  }
  const given = oneOf?.filter((field) => field in values) ?? [];
  return oneOf && given.length !== 1 ? `exactly one of ${oneOf.join(", ")} must have a value` : values;
}

/** The value as the field has it; undefined where it does not fit. */
function fitted(value: unknown, { type, min = -Infinity, max = Infinity }: FlowField): unknown {
  switch (type) {
    case "string":
      if (typeof value === "string") return value.trim() === "" ? undefined : value;
      return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
    case "integer":
      return Number.isInteger(value) && (value as number) >= min && (value as number) <= max ? value : undefined;
    case "boolean":
    case "number":
      return typeof value === type ? value : undefined;
    case "list":
      return Array.isArray(value) ? value : undefined;
    case "regression":
      return typeof value === "object" && !Array.isArray(value) ? value : undefined;
    case "any":
      return value;
  }
}

const kindWords: Readonly<Record<FlowField["type"], string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  regression: "a regression that a triage step found",
  any: "a value",
};

const wordsFor = ({ type, min, max }: FlowField): string =>
  type === "integer" && min !== undefined && max !== undefined
    ? `a whole number from ${min} to ${max}`
    : kindWords[type];

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

/** Can a value of the one type stand where the other is wanted? A text takes every plain value. */
export function fits(given: FlowField["type"], wanted: FlowField["type"]): boolean {
  if (given === wanted || given === "any" || wanted === "any") return true;
  if (wanted === "string") return given !== "list" && given !== "regression";
  return wanted === "number" && given === "integer";
}

/** The words for a type, for people. */
export const typeWords = (type: FlowField["type"]): string => kindWords[type];

/** Fields that an item has by name; null where its values are plain, or are known only when the flow runs. */
export type ItemFields = FlowFields | null;
