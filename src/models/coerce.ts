import { isObject, parseOr } from "./json-text.ts";
import { isNothing, numberIn, plainWord } from "./plain-words.ts";

// Bringing what a model sent into the shape of a tool's closed, flat JSON Schema, without guessing at meaning.

/** Arguments as the tool wants them, or which rule was broken. */
export type Coerced =
  | { readonly args: Record<string, unknown>; readonly repairs: readonly string[] }
  | { readonly error: string; readonly repairs: readonly string[] };

/** What one field may hold, read from its JSON Schema. */
interface Field {
  readonly type: "string" | "integer" | "number" | "boolean" | "array";
  readonly nullable: boolean;
  readonly choices: readonly unknown[] | undefined;
  readonly least: number;
  readonly most: number;
}

/** Unknown arguments that would change what a call does: dropping one would run something else than was meant. */
const meaningful = new RegExp(
  `^(${[
    "command|args|argv|input|stdin|(runin|is)?background|sudo|user|shell|host|container|env(ironment)?",
    "cwd|work(ing)?dir(ectory)?|dir(ectory)?|path|file(name|path|text)?",
    "start(line)?|end(line)?|line(start|end)?|insertline|offset|limit|viewrange",
  ].join("|")})$`,
);

/** Other words for the choices a tool gives, spelled plainly; used only where the tool has that choice. */
const otherChoices: Readonly<Record<string, string>> = {
  completed: "done",
  success: "done",
  finished: "done",
  failed: "blocked",
  giveup: "blocked",
  stuck: "blocked",
};

/** Fits arguments to a tool's schema. Pure; `name` is the tool the arguments were sent to. */
export function coerce(
  sent: Record<string, unknown>,
  schema: Readonly<Record<string, unknown>>,
  name: string,
): Coerced {
  const repairs: string[] = [];
  const fields = fieldsOf(schema);
  const args: Record<string, unknown> = {};
  for (const [key, field] of fields) {
    const fitted = fit(sent[key], field);
    if ("error" in fitted) return { error: `${key} ${complaint(fitted.error, field)}`, repairs };
    if (fitted.repair !== undefined && !repairs.includes(fitted.repair)) repairs.push(fitted.repair);
    args[key] = fitted.value;
  }
  const strange = Object.keys(sent).filter((key) => !fields.has(key));
  const telling = strange.find((key) => meaningful.test(plainWord(key)) && !isEmpty(sent[key]) && !isHere(key, sent));
  if (telling !== undefined) return { error: `${name} has no argument ${telling}`, repairs };
  if (strange.length > 0)
    repairs.push(
      `dropped ${strange
        .map((key) => key.slice(0, 40))
        .slice(0, 5)
        .join(", ")}`,
    );
  return { args, repairs };
}

/** Names of the arguments a tool cannot do without. */
export function requiredKeys(schema: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(schema["required"]) ? schema["required"].filter((key) => typeof key === "string") : [];
}

function fieldsOf(schema: Readonly<Record<string, unknown>>): Map<string, Field> {
  const properties = isObject(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  return new Map(properties.map(([key, property]) => [key, fieldOf(isObject(property) ? property : {})]));
}

/** Understands both spellings of nullable: `type: [x, "null"]` and `anyOf: [x, {type: "null"}]`. */
function fieldOf(property: Record<string, unknown>): Field {
  const branches = Array.isArray(property["anyOf"]) ? property["anyOf"].filter(isObject) : [property];
  const types = branches.flatMap((branch) => branch["type"]);
  const main = branches.find((branch) => branch["type"] !== "null") ?? {};
  const type = types.find((name) => name !== "null");
  const known = type === "integer" || type === "number" || type === "boolean" || type === "array" ? type : "string";
  const bound = (key: string, otherwise: number) => (typeof main[key] === "number" ? main[key] : otherwise);
  return {
    type: known,
    nullable: types.includes("null"),
    choices: Array.isArray(main["enum"]) ? main["enum"] : main["const"] === undefined ? undefined : [main["const"]],
    least: bound("minimum", -Infinity),
    most: bound("maximum", Infinity),
  };
}

type Fitted = { readonly value: unknown; readonly repair?: "coerce" } | { readonly error: "missing" | "unfit" };

const unfit = { error: "unfit" } as const;

function fit(value: unknown, field: Field): Fitted {
  if (value === undefined || value === null) {
    if (!field.nullable) return { error: "missing" };
    return value === null ? { value } : { value: null, repair: "coerce" };
  }
  if (field.nullable && isNothing(value) && (value !== "" || field.type !== "string"))
    return { value: null, repair: "coerce" };
  const fitted = fitType(value, field);
  if ("error" in fitted) return fitted;
  if (field.choices !== undefined) return fitChoice(fitted.value, field.choices);
  return typeof fitted.value === "number" && (fitted.value < field.least || fitted.value > field.most) ? unfit : fitted;
}

/** The choice that is meant, whatever its case and the space around it. */
function fitChoice(value: unknown, choices: readonly unknown[]): Fitted {
  if (choices.includes(value)) return { value };
  if (typeof value !== "string") return unfit;
  const word = plainWord(value.trim().replaceAll(" ", "_"));
  const other = Object.hasOwn(otherChoices, word) ? otherChoices[word] : undefined;
  const meant = choices.find(
    (choice) => typeof choice === "string" && (plainWord(choice) === word || choice === other),
  );
  return meant === undefined ? unfit : { value: meant, repair: "coerce" };
}

function fitType(value: unknown, { type }: Field): Fitted {
  if (type === "string") return typeof value === "string" ? { value } : fitString(value);
  if (type === "boolean") {
    if (typeof value === "boolean") return { value };
    return typeof value === "string" && /^(true|false)$/i.test(value)
      ? { value: value.toLowerCase() === "true", repair: "coerce" }
      : unfit;
  }
  if (type === "array") return fitArray(value);
  const number = numberIn(value);
  if (number === undefined || (type === "integer" && !Number.isSafeInteger(number))) return unfit;
  return number === value ? { value } : { value: number, repair: "coerce" };
}

/** One string in a list, `["bash", "-lc", command]`, or lines that each end in a line break. Any other list is not one string. */
function fitString(value: unknown): Fitted {
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string") || value.length === 0) return unfit;
  if (value.length === 1) return { value: value[0], repair: "coerce" };
  if (value.length === 3 && /^(\/bin\/)?(ba)?sh$/.test(value[0] ?? "") && /^-l?c$/.test(value[1] ?? ""))
    return { value: value[2], repair: "coerce" };
  return value.slice(0, -1).every((part) => part.endsWith("\n")) ? { value: value.join(""), repair: "coerce" } : unfit;
}

function fitArray(value: unknown): Fitted {
  const isList = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((part) => typeof part === "string");
  if (isList(value)) return { value };
  if (typeof value !== "string") return unfit;
  const parsed = parseOr(value, [value]);
  return isList(parsed) ? { value: parsed, repair: "coerce" } : unfit;
}

/** Where a command runs anyway. */
const isHere = (key: string, sent: Record<string, unknown>): boolean =>
  /^(?:cwd|work(?:ing)?dir(?:ectory)?|dir(?:ectory)?)$/.test(plainWord(key)) && /^\.\/?$/.test(String(sent[key]));

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.keys(value ?? {}).length === 0);

/** What is wrong with an argument, in one clause after its name. */
function complaint(error: "missing" | "unfit", field: Field): string {
  return error === "missing" ? `is missing (${describe(field)})` : `must be ${describe(field)}`;
}

function describe({ type, nullable, choices, least, most }: Field): string {
  if (choices !== undefined) return [...choices.map(String), ...(nullable ? ["null"] : [])].join(" or ");
  const range = Number.isFinite(least) || Number.isFinite(most) ? ` from ${least} to ${most}` : "";
  const kind = {
    array: "a list of strings",
    integer: `an integer${range}`,
    number: `a number${range}`,
    boolean: "true or false",
    string: "a string",
  }[type];
  return nullable ? `${kind} or null` : kind;
}
