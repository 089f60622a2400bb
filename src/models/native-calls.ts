import { isObject } from "./json-text.ts";
import type { RawCall } from "./repair.ts";
import { type Rescued, trailing } from "./trailing-calls.ts";

// How families of models write calls before a server turns them into fields: what leaks as text where it does not.

/** Values between tags; null where it cannot be told what belongs to which, or anything else is there. */
function tagged(name: string, body: string, pair: RegExp): RawCall | null {
  const entries = [...body.matchAll(pair)].map(([, key = "", value = ""]) => [key.trim(), value] as const);
  const twice = new Set(entries.map(([key]) => key)).size !== entries.length;
  if (twice || entries.length === 0 || body.replace(pair, "").trim() !== "") return null;
  return entries.some(([, value]) => /<(?:arg_key|arg_value|parameter name=)/.test(value))
    ? null
    : { name, args: Object.fromEntries(entries) };
}

/** Strictly: what arrived as text gets no second chance. */
function withJson(name: string, json: string): RawCall | null {
  try {
    const args: unknown = JSON.parse(json);
    return isObject(args) ? { name, args } : null;
  } catch {
    return null;
  }
}

/** GLM: the name on the first line, then `<arg_key>command</arg_key><arg_value>ls</arg_value>`. */
const argumentTags = (text: string): Rescued | null =>
  trailing(
    text,
    /<tool_call>\s*([\w.-]+)\s*(<arg_key>(?:(?!<tool_call>)[\s\S])*)<\/tool_call>/g,
    ([, name = "", body = ""]) =>
      tagged(
        name,
        body,
        /<arg_key>((?:(?!<arg_)[\s\S])*?)<\/arg_key>\s*<arg_value>((?:(?!<arg_)[\s\S])*?)<\/arg_value>/g,
      ),
  );

/** MiniMax, and what others learnt from: `<invoke name="bash"><parameter name="command">ls</parameter></invoke>`. */
function invocations(text: string): Rescued | null {
  const wrapped = /<\/(?:\w+:)?(?:function_calls|tool_call)>$/.test(text);
  const rescued = trailing(
    wrapped ? text.replace(/<\/[\w:]+>$/, "") : text,
    /<invoke name="([\w.-]+)">((?:(?!<invoke )[\s\S])*?)<\/invoke>/g,
    ([, name = "", body = ""]) =>
      tagged(name, body, /<parameter name="([\w.-]+)">((?:(?!<parameter name=)[\s\S])*?)<\/parameter>/g),
  );
  if (rescued === null || !wrapped) return rescued;
  const before = rescued.text.trimEnd();
  return /<[\w:]+>$/.test(before) ? { ...rescued, text: before.replace(/<[\w:]+>$/, "") } : null;
}

/** Marks of a family's own alphabet need no line of their own, but in a line that quotes they are a quotation. */
function onOwnLine(rescued: Rescued | null): Rescued | null {
  if (rescued === null || /(?:^|\n)[ \t]*>[^\n]*$/.test(rescued.text)) return null;
  return { ...rescued, text: rescued.text.trim() === "" ? "" : `${rescued.text.trimEnd()}\n` };
}

/** Kimi: `<|tool_call_begin|>functions.bash:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`, in a section. */
const kimi = (text: string): Rescued | null =>
  onOwnLine(
    trailing(
      text.replace(/<\|tool_calls_section_(?:begin|end)\|>/g, ""),
      /<\|tool_call_begin\|>\s*([\w.-]+?)(?::\d+)?\s*<\|tool_call_argument_begin\|>((?:(?!<\|tool_call_)[\s\S])*)<\|tool_call_end\|>/g,
      ([, name = "", json = ""]) => withJson(name, json),
    ),
  );

/** DeepSeek: `<｜tool▁call▁begin｜>function<｜tool▁sep｜>bash` and a fenced object, or the name, the mark and the object. */
const deepSeek = (text: string): Rescued | null =>
  onOwnLine(
    trailing(
      text.replace(/<｜tool▁calls▁(?:begin|end)｜>/g, "").replace(/<｜end▁of▁sentence｜>$/, ""),
      /<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>([\w.-]+)\s*```json\s*|([\w.-]+)<｜tool▁sep｜>)((?:(?!<｜tool▁)[\s\S])*?)(?:```\s*)?<｜tool▁call▁end｜>/g,
      ([, fenced = "", plain = "", json = ""]) => withJson(fenced || plain, json),
    ),
  );

/** gpt-oss: `<|channel|>commentary to=functions.bash <|constrain|>json<|message|>{…}` as the last message of a reply. */
function harmony(text: string): Rescued | null {
  const head = /(?:<\|channel\|>commentary\s+to=functions\.([\w-]+)|to=functions\.([\w-]+)\s*<\|channel\|>commentary)/
    .source;
  const pattern = new RegExp(
    `${head}\\s*(?:<\\|constrain\\|>)?\\s*(?:json)?\\s*<\\|message\\|>((?:(?!<\\|)[\\s\\S])*)$`,
  );
  const match = pattern.exec(text);
  const [, after = "", before = "", json = ""] = match ?? [];
  const call = match && withJson(after || before, json);
  const words = text.slice(0, match?.index).replace(/<\|start\|>assistant|<\|channel\|>\w+|<\|(?:message|end)\|>/g, "");
  return call ? onOwnLine({ text: words, calls: [call] }) : null;
}

export const nativeForms: readonly ((text: string) => Rescued | null)[] = [
  argumentTags,
  invocations,
  kimi,
  deepSeek,
  harmony,
];
