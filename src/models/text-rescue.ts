import { isObject, readJson } from "./json-text.ts";
import { nativeForms } from "./native-calls.ts";
import type { RawCall } from "./repair.ts";
import { type Rescued, trailing } from "./trailing-calls.ts";

/** The thinking a model wrote into its text: also when never closed, or never opened. */
export function splitThinking(text: string): { thinking: string; said: string } {
  const opened = /^\s*<think(?:ing)?>/.test(text);
  const end = /<\/think(?:ing)?>\s*/g;
  let last = -1;
  for (const match of text.matchAll(end)) {
    last = match.index + match[0].length;
    if (opened) break;
  }
  if (last >= 0 && (opened || !/<think(?:ing)?>/.test(text.slice(0, last))))
    return { thinking: text.slice(0, last), said: text.slice(last) };
  return opened ? { thinking: text, said: "" } : { thinking: "", said: text };
}

/**
 * Finds calls in the text of a reply that brought none. Only calls that end the reply count, each complete and on its own
 * line, outside quotes and code: one that is merely mentioned has other text after it. Pure; null when there is none.
 */
export function rescueCalls(written: string): Rescued | null {
  if (written.length > 200_000) return null;
  // Where every line ends as in DOS, so do those of the arguments, and nobody meant that.
  const reply = /(?<!\r)\n/.test(written) ? written : written.replaceAll("\r\n", "\n");
  const text = withoutEndMarks(withoutThinking(reply));
  for (const form of [functionTags, toolCallTags, bracketed, pythonTag, fencedShell, ...nativeForms, bareObject]) {
    const rescued = form(text);
    if (rescued === null || rescued.calls.length === 0 || !startsOwnLine(rescued.text)) continue;
    const before = rescued.text.trimEnd();
    // What looks like thinking inside an argument is a part of it: a call is not to lose any.
    return reply.includes(text.slice(before.length)) ? { ...rescued, text: before } : null;
  }
  return null;
}

/** What models end a reply with, where their server leaves it there. */
const endMark = /(?:<\|(?:im_end|eot_id|eom_id|end|call|return|endoftext)\|>|<\/s>|<end_of_turn>)$/;
const LONGEST_END_MARK = 13;

function withoutEndMarks(text: string): string {
  let rest = text.trimEnd();
  for (;;) {
    const [mark] = endMark.exec(rest.slice(-LONGEST_END_MARK)) ?? [];
    if (mark === undefined) return rest;
    rest = rest.slice(0, -mark.length).trimEnd();
  }
}

/** How families of models mark their thinking. What is never closed goes on to the end of the reply. */
const thoughts: readonly RegExp[] = [
  /<(?:seed:)?think(?:ing)?(?:\s[^<>]*)?>[\s\S]*?(?:<\/(?:seed:)?think(?:ing)?>|$)/gi,
  /\[THINK\][\s\S]*?(?:\[\/THINK\]|$)/g,
  /◁think▷[\s\S]*?(?:◁\/think▷|$)/g,
  /<\|START_THINKING\|>[\s\S]*?(?:<\|END_THINKING\|>|$)/g,
  /<\|begin_of_thought\|>[\s\S]*?(?:<\|end_of_thought\|>|$)/g,
  /<\|channel>thought\b[\s\S]*?(?:<channel\|>|$)/g,
  /<\|channel\|>analysis\b[\s\S]*?(?:<\|end\|>|(?=<\|(?:start|channel)\|>)|$)/g,
];

const withoutThinking = (text: string): string =>
  thoughts.reduce((rest, thought) => rest.replace(thought, ""), splitThinking(text).said);

/** Nothing but a line break before the call, no code fence or tag left open around it, and nobody else's words. */
function startsOwnLine(before: string): boolean {
  const fences = before.match(/^[^\S\n]*(```|~~~)/gm)?.length ?? 0;
  if (fences % 2 !== 0 || !/(^|\n)[ \t]*$/.test(before)) return false;
  // A block of code by its indentation, and a remark that is still open.
  if (/\n(?: {4,}| *\t)[ \t]*$/.test(before) || before.lastIndexOf("<!--") > before.lastIndexOf("-->")) return false;
  const tags = [...before.matchAll(/^[ \t]*<([a-z_]\w*)(?:[ \t][^<>\n]*)?>[ \t]*$/gim)].map(([, tag = ""]) => tag);
  const open = tags.some((tag) => !aroundCalls.test(tag) && !before.includes(`</${tag}>`));
  return !open && !somebodyElse.test(before);
}

/** The head of a message that the model did not write. */
const somebodyElse =
  /(?:(?:^|\n)[ \t]*(?:user|human|system|example|output|log)[ \t]*:|<\|im_start\|>(?!assistant)\w+)\s*$/i;

/** Tags that models put around what they mean to do. */
const aroundCalls = /^(?:tool_calls?|function_calls?|answer|response|output|action|final)$/i;

/** Qwen: `<function=bash><parameter=command>ls</parameter></function>`, with or without `<tool_call>` around it. */
function functionTags(text: string): Rescued | null {
  const pattern =
    /(?:<tool_call>\s*)?<function(?:=| name=)"?([\w.-]+)"?>((?:(?!<function[ =])[\s\S])*?)<\/function>(?:\s*<\/tool_call>)?/g;
  return trailing(text, pattern, ([, name = "", body = ""]) => {
    const parameter = /<parameter(?:=| name=)"?([\w.-]+)"?>\n?((?:(?!<parameter[ =])[\s\S])*?)\n?<\/parameter>/g;
    if (body.replace(parameter, "").trim() !== "") return null;
    const entries = [...body.matchAll(parameter)].map(([, key = "", value = ""]) => [key, value] as const);
    // Two values for one key, or a value that itself holds tags: no telling where the argument ends.
    if (
      new Set(entries.map(([key]) => key)).size !== entries.length ||
      entries.some(([, value]) => /<parameter[ =]/.test(value))
    )
      return null;
    return { name, args: Object.fromEntries(entries) };
  });
}

/** Hermes: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`. The last closing tag is often the reply's end, and taken off. */
function toolCallTags(text: string): Rescued | null {
  const [, wrapped] = /^\s*<tool_calls>([\s\S]*)<\/tool_calls>$/.exec(text) ?? [];
  return trailing(
    wrapped ?? text,
    /<tool_call>\s*(\{(?:(?!<tool_call>)[\s\S])*?\})\s*(<\/tool_call>|$)/g,
    ([, body = "", closed]) =>
      callIn(body) ?? (closed ? (callIn(body.replace(/\}\s*$/, "")) ?? callFrom(mended(body))) : null),
  );
}

/** What may be wrong in a text whose ends are marked: line breaks in strings, backslashes, quotes, Python's spelling, one brace. */
const mendable: ReadonlySet<string> = new Set(["ctrl", "bad-escape", "jsonrepair", "python", "close-brace"]);

function mended(body: string): unknown {
  const read = readJson(body.trim(), ["name"]);
  return "error" in read || !read.repairs.every((repair) => mendable.has(repair)) ? null : read.value;
}

/** Mistral: `[TOOL_CALLS]bash[ARGS]{…}`, or a list of calls after the mark. */
function bracketed(text: string): Rescued | null {
  const at = text.indexOf("[TOOL_CALLS]");
  if (at < 0) return null;
  const before = text.slice(0, at);
  const rest = text.slice(at + "[TOOL_CALLS]".length).trim();
  const list = rest.startsWith("[") ? parsed(rest) : undefined;
  if (Array.isArray(list)) {
    const calls = list.map((item) => callFrom(item));
    return calls.includes(null) ? null : { text: before, calls: calls.filter((call) => call !== null) };
  }
  const calls = rest
    .split("[TOOL_CALLS]")
    .map((part) => /^\s*([\w.-]+)(?:\[CALL_ID\]\w+)?(?:\[ARGS\])?\s*(\{[\s\S]*\})\s*$/.exec(part));
  if (calls.some((match) => match === null || !isObject(parsed(match[2] ?? "")))) return null;
  return {
    text: before,
    calls: calls.flatMap((match) => (match === null ? [] : [{ name: match[1] ?? "", args: match[2] }])),
  };
}

/** Llama: `<|python_tag|>{"name": …, "parameters": {…}}`. */
function pythonTag(text: string): Rescued | null {
  const at = text.indexOf("<|python_tag|>");
  if (at < 0) return null;
  const call = callIn(text.slice(at + "<|python_tag|>".length));
  return call === null ? null : { text: text.slice(0, at), calls: [call] };
}

/** One fenced shell block, the only block of the reply, at its end, and no transcript with prompts in it. */
function fencedShell(text: string): Rescued | null {
  const opened = text.indexOf("```");
  const closed = text.length - "```".length;
  // The first fence opens the block and the next one is the end of the text.
  if (opened < 0 || text.indexOf("```", opened + 3) !== closed) return null;
  const [, command = ""] = /^```(?:bash|sh|shell)[ \t]*\n([\s\S]*)$/i.exec(text.slice(opened, closed)) ?? [];
  const indented = /(?:^|\n)(?: {4,}|[ \t]*\t)$/.test(text.slice(0, opened));
  if (command.trim() === "" || indented || prompted.test(command)) return null;
  return { text: text.slice(0, opened), calls: [{ name: "bash", args: { command: command.replace(/\n$/, "") } }] };
}

/** A line that a shell wrote its prompt before: "$ ls", "me@host:~$ ls", "~/project# ls". */
const prompted = /^\s*(?:[$>%]|[\w.-]+@[\w.-]+\S*[$#%]|[~/][\w./-]*[$#%]) /m;

/** Llama without its server's parser: `{"name": …, "parameters": {…}}` and not one word besides, fenced or not. */
function bareObject(text: string): Rescued | null {
  const [, fenced] = /^\s*```(?:json|tool_call)?[ \t]*\n([\s\S]*?)\n?```$/.exec(text) ?? [];
  const body = (fenced ?? text).trim();
  if (!/^\{\s*"(?:name|type|id)"/.test(body)) return null;
  const value = parsed(body);
  const call = callFrom(value);
  // An object with more in it is data about something that has a name.
  if (call === null || !isObject(value) || !Object.keys(value).every((key) => ofACall.has(key))) return null;
  return { text: "", calls: [call] };
}

const ofACall = new Set(["name", "arguments", "parameters", "type", "id"]);

const callIn = (body: string): RawCall | null => callFrom(parsed(body.trim()));

function callFrom(value: unknown): RawCall | null {
  if (!isObject(value)) return null;
  if (value["type"] === "function" && isObject(value["function"])) return callFrom(value["function"]);
  if (typeof value["name"] !== "string") return null;
  const args = value["arguments"] ?? value["parameters"] ?? value["input"];
  return isObject(args) || typeof args === "string" ? { name: value["name"], args } : null;
}

/** Strictly: what arrived as text gets no second chance. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
