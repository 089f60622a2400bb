import { editorCommand } from "./editor-commands.ts";
import { isObject, parseOr } from "./json-text.ts";
import { withLineRange } from "./line-range.ts";
import type { ToolSpec } from "./model.ts";
import { plainWord, type Reworded } from "./plain-words.ts";
import { withSeconds } from "./seconds.ts";
import { findTool, type FoundTool } from "./tool-name.ts";

// Models were trained on the tools of other harnesses. What they say in those words is put into claw's own.

/** A call in claw's words, not yet fitted to its tool's schema, or why it says two things at once. */
export type Translated =
  | { readonly tool: ToolSpec; readonly args: Record<string, unknown>; readonly repairs: readonly string[] }
  | { readonly error: string; readonly repairs: readonly string[] };

/** Other harnesses' words for an argument, spelled plainly; used only for tools that have the argument. */
const otherWords: Readonly<Record<string, string>> = {
  cmd: "command",
  script: "command",
  file: "path",
  filename: "path",
  filepath: "path",
  oldstr: "old_string",
  oldtext: "old_string",
  newstr: "new_string",
  newtext: "new_string",
  patch: "input",
  patchtext: "input",
};

/** Puts the arguments sent to the tool `found` into claw's words. Pure. */
export function translate(sent: Record<string, unknown>, found: FoundTool, tools: readonly ToolSpec[]): Translated {
  const repairs: string[] = [];
  const fields = fieldNames(found.tool);
  const opened = unwrap(sent, found.tool);
  if (opened === undefined) return { error: otherTool, repairs };
  if (opened !== sent) repairs.push("unwrap");
  const named = rename(opened, fields);
  if ("error" in named) return { ...named, repairs };
  if (named.args !== opened) repairs.push("alias");

  let { tool } = found;
  let { args } = named;
  const command = fields.includes("path") ? editorCommand(args) : undefined;
  if (command !== undefined) {
    if ("error" in command) return { ...command, repairs };
    const meant = tools.find(({ name }) => name === command.tool);
    // Only the editor's own name says nothing about what is to be done.
    if (meant === undefined || (meant !== tool && found.editor !== true)) return { error: otherTool, repairs };
    ({ args } = command);
    tool = meant;
    repairs.push("editor");
  }
  for (const [repair, change] of [
    ["lines", withLineRange],
    ["seconds", withSeconds],
  ] as const) {
    const changed = change(args, fieldNames(tool));
    if ("error" in changed) return { ...changed, repairs };
    if (changed.args !== args) repairs.push(repair);
    ({ args } = changed);
  }
  return { tool, args, repairs };
}

const otherTool = "the arguments name another tool";

const fieldNames = ({ schema }: ToolSpec): string[] =>
  isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];

/** Words for a tool's name and for its arguments, where both are sent as arguments. */
const namesATool: readonly string[] = ["name", "tool", "tool_name", "function", "function_name"];
const wrappers: readonly string[] = ["arguments", "parameters", "input", "args", "params", "kwargs", "tool_input"];

/** `{"arguments": {…}}` and the like, sent one level too deep. Undefined when the inner name is another tool's. */
function unwrap(sent: Record<string, unknown>, tool: ToolSpec): Record<string, unknown> | undefined {
  const fields = fieldNames(tool);
  if (Object.keys(sent).some((key) => fields.includes(key))) return sent;
  // {"function": {"name": …, "arguments": …}} and {"bash": {…}}: one thing, whose name says what is in it.
  const [only, ...others] = Object.keys(sent).filter((key) => key !== "type" && key !== "id");
  const inside = only === "function" || only === tool.name ? sent[only] : undefined;
  if (others.length === 0 && isObject(inside)) return unwrap(inside, tool);
  const wrapper = wrappers.find((key) => key in sent);
  const aboutIt = new Set([...namesATool, "type", "id"]);
  if (wrapper === undefined || !Object.keys(sent).every((key) => key === wrapper || aboutIt.has(key))) return sent;
  const value = sent[wrapper];
  const inner = typeof value === "string" ? parseOr(value, undefined) : value;
  if (!isObject(inner)) return sent;
  const said = namesATool.map((key) => sent[key]).filter((name) => name !== undefined);
  return said.every((name) => typeof name === "string" && findTool(name, [tool]) !== undefined) ? inner : undefined;
}

/** Gives every argument the name its tool has for it. Two that mean the same must agree: there is no telling which counts. */
function rename(sent: Record<string, unknown>, fields: readonly string[]): Reworded {
  const own = (key: string): string => {
    if (fields.includes(key)) return key;
    const word = plainWord(key);
    const other = Object.hasOwn(otherWords, word) ? otherWords[word] : undefined;
    return fields.find((field) => plainWord(field) === word || field === other) ?? key;
  };
  if (Object.keys(sent).every((key) => own(key) === key)) return { args: sent };
  const named = new Map<string, unknown>();
  for (const [key, value] of Object.entries(sent)) {
    const name = own(key);
    const earlier = named.get(name) ?? null;
    if (earlier !== null && value !== null && JSON.stringify(earlier) !== JSON.stringify(value))
      return { error: `${name} is given twice, with different values` };
    named.set(name, earlier ?? value);
  }
  return { args: Object.fromEntries(named) };
}
