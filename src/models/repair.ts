import { coerce, requiredKeys, type Coerced } from "./coerce.ts";
import { isObject, readJson, type ReadJson } from "./json-text.ts";
import type { ToolSpec } from "./model.ts";
import { findTool, harmlessName } from "./tool-name.ts";

/** A call as the wire brought it: `args` is JSON text, or already an object on servers that parse it themselves. */
export interface RawCall {
  readonly name: string;
  readonly args: unknown;
}

/** An executable call, or one that carries the reason it is none. Repairs are named in order. */
export type RepairedCall =
  | { readonly name: string; readonly args: Record<string, unknown>; readonly repairs: readonly string[] }
  | { readonly name: string; readonly args: null; readonly error: string; readonly repairs: readonly string[] };

export interface RepairOptions {
  /** The reply was cut at its output limit while this call was written. */
  readonly truncated: boolean;
  /** That limit in tokens, to tell the model. */
  readonly maxOutputTokens?: number;
}

/**
 * Reads a model's tool call. Recovers what is certain (quoting, braces, names, types), rejects everything else:
 * a call that was cut, is ambiguous or does not fit its tool is answered with `error` and never executed. Pure.
 */
export function repairCall(raw: RawCall, tools: readonly ToolSpec[], options: RepairOptions): RepairedCall {
  const found = findTool(raw.name, tools);
  if (found === undefined) {
    const known = tools.map((tool) => tool.name).join(", ");
    return reject(
      harmlessName(raw.name),
      `unknown_tool: there is no tool ${harmlessName(raw.name)}; the tools are: ${known}`,
      [],
    );
  }
  const { tool } = found;
  const repairs: string[] = found.repair === undefined ? [] : [found.repair];
  if (options.truncated) return reject(tool.name, cutMessage(options), repairs);
  if (typeof raw.args === "string" && raw.args.length > maxArgumentLength)
    return reject(tool.name, whyNot.too_large, repairs);
  const read: ReadJson = isObject(raw.args)
    ? { value: raw.args, repairs: [] }
    : readJson(typeof raw.args === "string" ? raw.args : "", requiredKeys(tool.schema));
  repairs.push(...read.repairs);
  if ("error" in read)
    return reject(tool.name, read.error === "truncated" ? cutMessage(options) : whyNot[read.error], repairs);
  const fitted: Coerced = coerce(read.value, tool.schema, tool.name);
  repairs.push(...fitted.repairs);
  if ("error" in fitted) return reject(tool.name, `${fitted.error}. The call was not executed`, repairs);
  return { name: tool.name, args: fitted.args, repairs };
}

/** Characters of argument text that are looked at; no tool needs more. */
const maxArgumentLength = 2_000_000;

const whyNot = {
  too_large: "too_large: the arguments are longer than 2 MB. Send a smaller call; it was not executed",
  empty: "empty: the call has no arguments. It was not executed",
  ambiguous:
    'ambiguous: the arguments can be read in more than one way. Send one JSON object, with \\ and " escaped; it was not executed',
  not_json: "not_json: the arguments are not valid JSON. Send one JSON object; it was not executed",
  not_an_object: "not_an_object: the arguments must be one JSON object; it was not executed",
} as const;

function cutMessage({ truncated, maxOutputTokens }: RepairOptions): string {
  if (!truncated || maxOutputTokens === undefined)
    return "truncated: the call broke off before its end and was not executed. Send it again, in smaller parts";
  return `truncated: your output was cut at ${maxOutputTokens} tokens, so the call was not executed. Send a smaller edit`;
}

function reject(name: string, error: string, repairs: readonly string[]): RepairedCall {
  return { name, args: null, error: error.slice(0, 400), repairs };
}
