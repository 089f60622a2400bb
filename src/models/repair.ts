import { coerce, requiredKeys } from "./coerce.ts";
import { translate } from "./dialect.ts";
import { argumentNames, isObject, onlyOne, readJson, type ReadJson } from "./json-text.ts";
import type { ToolSpec } from "./model.ts";
import { findTool, harmlessName } from "./tool-name.ts";

/** A call as the wire brought it: `args` is JSON text, or already an object on servers that parse it themselves. */
export interface RawCall {
  readonly name: string;
  readonly args: unknown;
}

/** An executable call, or one that carries the reason it is none and the names of its arguments. Repairs are in order. */
export type RepairedCall =
  | { readonly name: string; readonly args: Record<string, unknown>; readonly repairs: readonly string[] }
  | {
      readonly name: string;
      readonly args: null;
      readonly error: string;
      readonly sent: readonly string[];
      readonly repairs: readonly string[];
    };

export interface RepairOptions {
  /** The call is a part of one: the reply reached its output limit, or the server says that it broke off. */
  readonly truncated: boolean;
  /** That limit in tokens, where it was reached, to tell the model. */
  readonly maxOutputTokens?: number;
}

/**
 * Reads a model's tool call. Recovers what is certain (quoting, braces, names, types), rejects everything else:
 * a call that was cut, is ambiguous or does not fit its tool is answered with `error` and never executed. Pure.
 */
export function repairCall(raw: RawCall, tools: readonly ToolSpec[], options: RepairOptions): RepairedCall {
  const found = findTool(raw.name, tools);
  const sent = argumentNames(raw.args);
  const repairs: string[] = [];
  const reject = (error: string, name = found?.tool.name ?? harmlessName(raw.name)): RepairedCall => ({
    name,
    args: null,
    error: error.slice(0, 400),
    sent,
    repairs,
  });
  if (found === undefined) {
    const known = tools.map((tool) => tool.name).join(", ");
    return reject(`there is no tool ${harmlessName(raw.name)}; the tools are: ${known}`);
  }
  if (found.repair !== undefined) repairs.push(found.repair);
  if (options.truncated) return reject(cutMessage(options));
  if (typeof raw.args === "string" && raw.args.length > maxArgumentLength) return reject(whyNot.too_large);
  const alone = onlyOne(raw.args);
  const read: ReadJson = isObject(raw.args)
    ? { value: raw.args, repairs: [] }
    : alone
      ? { value: alone, repairs: ["unwrap"] }
      : readJson(typeof raw.args === "string" ? raw.args : "", requiredKeys(found.tool.schema));
  repairs.push(...read.repairs);
  if ("error" in read) return reject(read.error === "truncated" ? cutMessage(options) : whyNot[read.error]);
  const said = translate(read.value, found, tools);
  repairs.push(...said.repairs);
  if ("error" in said) return reject(said.error);
  const { name, schema } = said.tool;
  const fitted = coerce(said.args, schema, name);
  repairs.push(...fitted.repairs);
  return "error" in fitted ? reject(fitted.error, name) : { name, args: fitted.args, repairs };
}

/** Characters of argument text that are looked at; no tool needs more. */
const maxArgumentLength = 2_000_000;

/** One clause each: the model is told besides that the call was not run. */
const whyNot = {
  too_large: "the arguments are longer than 2 MB; send a smaller call",
  empty: "the call has no arguments",
  ambiguous: 'the arguments can be read in more than one way; send one JSON object, with \\ and " escaped',
  not_json: "the arguments are not valid JSON; send one JSON object",
  not_an_object: "the arguments must be one JSON object",
} as const;

function cutMessage({ truncated, maxOutputTokens }: RepairOptions): string {
  return truncated && maxOutputTokens !== undefined
    ? `your output was cut at ${maxOutputTokens} tokens: send a smaller edit`
    : "the call broke off before its end, and what arrived of it was not executed: send it again, in smaller parts";
}
