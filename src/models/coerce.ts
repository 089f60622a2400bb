import { isObject } from "./json-text.ts";

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

/** Other names models were trained on, used only where the tool's own name is missing and the other one is not a field. */
const fieldAliases: Readonly<Record<string, string>> = {
  cmd: "command",
  file_path: "path",
  filename: "path",
  old_str: "old_string",
  new_str: "new_string",
};

/** Unknown arguments that would change what a call does: dropping one would run something else than was meant. */
const meaningful =
  /^(cwd|workdir|working_?dir(ectory)?|dir(ectory)?|env(ironment)?|stdin|input|args|argv|(run_in_|is_)?background|sudo|user|shell|host|container)$/i;

/** Fits arguments to a tool's schema. Pure; `name` is the tool the arguments were sent to. */
export function coerce(
  sent: Record<string, unknown>,
  schema: Readonly<Record<string, unknown>>,
  name: string,
): Coerced {
  const repairs: string[] = [];
  const fields = fieldsOf(schema);
  const opened = unwrap(sent, fields, name);
  if (opened === undefined) return { error: "ambiguous: the arguments name another tool", repairs };
  if (opened !== sent) repairs.push("unwrap");
  const named = rename(opened, fields);
  if (named !== opened) repairs.push("alias");
  const args: Record<string, unknown> = {};
  for (const [key, field] of fields) {
    const fitted = fit(named[key], field);
    if ("error" in fitted) return { error: `${fitted.error}: ${key} must be ${describe(field)}`, repairs };
    if (fitted.repair !== undefined && !repairs.includes(fitted.repair)) repairs.push(fitted.repair);
    args[key] = fitted.value;
  }
  const strange = Object.keys(named).filter((key) => !fields.has(key));
  const telling = strange.find((key) => meaningful.test(key) && !isEmpty(named[key]));
  if (telling !== undefined) return { error: `unknown_argument: ${name} has no argument ${telling}`, repairs };
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

/** `{"arguments": {…}}` and the like, sent one level too deep. Undefined when the inner name is another tool's. */
function unwrap(
  sent: Record<string, unknown>,
  fields: Map<string, Field>,
  name: string,
): Record<string, unknown> | undefined {
  if (Object.keys(sent).some((key) => fields.has(key))) return sent;
  const wrapper = ["arguments", "parameters", "input", "args"].find((key) => key in sent);
  const onlyWrapper = Object.keys(sent).every((key) => key === wrapper || ["name", "tool", "type", "id"].includes(key));
  if (wrapper === undefined || !onlyWrapper) return sent;
  const inner = objectIn(sent[wrapper]);
  if (inner === undefined) return sent;
  const said = sent["name"] ?? sent["tool"];
  return said === undefined || said === name ? inner : undefined;
}

function objectIn(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "string") return isObject(value) ? value : undefined;
  const parsed = parseOr(value, undefined);
  return isObject(parsed) ? parsed : undefined;
}

function rename(args: Record<string, unknown>, fields: Map<string, Field>): Record<string, unknown> {
  const moves = Object.entries(fieldAliases).filter(
    ([from, to]) => from in args && !fields.has(from) && fields.has(to) && !(to in args),
  );
  if (moves.length === 0) return args;
  const renamed = new Map(moves);
  return Object.fromEntries(Object.entries(args).map(([key, value]) => [renamed.get(key) ?? key, value]));
}

type Fitted =
  | { readonly value: unknown; readonly repair?: string }
  | { readonly error: "missing" | "wrong_type" | "out_of_range" };

function fit(value: unknown, field: Field): Fitted {
  if (value === undefined) return field.nullable ? { value: null, repair: "coerce" } : { error: "missing" };
  if (value === null) return field.nullable ? { value: null } : { error: "missing" };
  if (
    field.nullable &&
    typeof value === "string" &&
    /^(null|none)?$/i.test(value.trim()) &&
    (value !== "" || field.type !== "string")
  ) {
    return { value: null, repair: "coerce" };
  }
  const fitted = fitType(value, field);
  if ("error" in fitted) return fitted;
  if (field.choices !== undefined && !field.choices.includes(fitted.value)) return { error: "out_of_range" };
  if (typeof fitted.value === "number" && (fitted.value < field.least || fitted.value > field.most))
    return { error: "out_of_range" };
  return fitted;
}

function fitType(value: unknown, { type }: Field): Fitted {
  if (type === "string") return typeof value === "string" ? { value } : fitString(value);
  if (type === "boolean") {
    if (typeof value === "boolean") return { value };
    return typeof value === "string" && /^(true|false)$/i.test(value)
      ? { value: value.toLowerCase() === "true", repair: "coerce" }
      : { error: "wrong_type" };
  }
  if (type === "array") return fitArray(value);
  const number = typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number) || (type === "integer" && !Number.isSafeInteger(number)))
    return { error: "wrong_type" };
  return number === value ? { value } : { value: number, repair: "coerce" };
}

/** One string in a list, `["bash", "-lc", command]`, or lines that each end in a line break. Any other list is not one string. */
function fitString(value: unknown): Fitted {
  if (!Array.isArray(value) || !value.every((part) => typeof part === "string") || value.length === 0)
    return { error: "wrong_type" };
  if (value.length === 1) return { value: value[0], repair: "coerce" };
  if (value.length === 3 && /^(\/bin\/)?(ba)?sh$/.test(value[0] ?? "") && /^-l?c$/.test(value[1] ?? ""))
    return { value: value[2], repair: "coerce" };
  return value.slice(0, -1).every((part) => part.endsWith("\n"))
    ? { value: value.join(""), repair: "coerce" }
    : { error: "wrong_type" };
}

function fitArray(value: unknown): Fitted {
  const isList = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((part) => typeof part === "string");
  if (isList(value)) return { value };
  if (typeof value !== "string") return { error: "wrong_type" };
  const parsed = parseOr(value, [value]);
  return isList(parsed) ? { value: parsed, repair: "coerce" } : { error: "wrong_type" };
}

function parseOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise;
  }
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === "" ||
  value === false ||
  (typeof value === "object" && Object.keys(value ?? {}).length === 0);

function describe({ type, nullable, choices, least, most }: Field): string {
  const range = Number.isFinite(least) || Number.isFinite(most) ? ` from ${least} to ${most}` : "";
  const kind =
    choices === undefined
      ? {
          array: "a list of strings",
          integer: `an integer${range}`,
          number: `a number${range}`,
          boolean: "true or false",
          string: "a string",
        }[type]
      : `one of ${choices.map(String).join(", ")}`;
  return nullable ? `${kind} or null` : kind;
}
