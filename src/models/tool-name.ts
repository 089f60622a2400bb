import type { ToolSpec } from "./model.ts";
import { plainWord } from "./plain-words.ts";

/** Names other harnesses use for the same tools, which models were trained on; spelled plainly. */
const aliases: Readonly<Record<string, string>> = {
  shell: "bash",
  localshell: "bash",
  executebash: "bash",
  runbash: "bash",
  bashcommand: "bash",
  runterminalcmd: "bash",
  runinterminal: "bash",
  runshellcommand: "bash",
  runcommand: "bash",
  executecommand: "bash",
  execcommand: "bash",
  exec: "bash",
  terminal: "bash",
  strreplace: "edit",
  strreplaceeditor: "edit",
  strreplacebasededittool: "edit",
  editfile: "edit",
  view: "read",
  viewfile: "read",
  cat: "read",
  open: "read",
  openfile: "read",
  readfile: "read",
  submit: "finish",
  done: "finish",
};

/** Names of an editor that is one tool for everything: what a call does stands in its `command`. */
const editors: readonly string[] = ["strreplaceeditor", "strreplacebasededittool"];

/** A tool as it was called. */
export interface FoundTool {
  readonly tool: ToolSpec;
  /** What had to be done to the name. */
  readonly repair?: "name" | "alias";
  /** The name is one that stands for several tools. */
  readonly editor?: boolean;
}

/** What may stand before a name: whose tool it is. */
const owner = /^(?:(?:functions?|tools?|default_api)(?:::|[.:/])|mcp__(?:(?!__)[\w.-]){1,64}__)/i;

/** The tool a name means, or undefined. `bash<|channel|>json`, `functions.Bash`, `mcp__shell__bash` and "`bash`" mean `bash`. */
export function findTool(name: string, tools: readonly ToolSpec[]): FoundTool | undefined {
  const exact = tools.find((tool) => tool.name === name);
  if (exact !== undefined) return { tool: exact };
  const bare = name.replace(/<\|[^|>]*\|>/g, " ").replace(/^[\s\p{Cf}`'"*(]+/u, "");
  const [leading = ""] = /^[A-Za-z_][\w-]*/.exec(bare.replace(owner, "")) ?? [];
  const word = plainWord(leading);
  const short = word.replace(/(?:tool|\d{8})$/, "");
  const cleaned = tools.find((tool) => [word, short].includes(plainWord(tool.name)));
  if (cleaned !== undefined) return { tool: cleaned, repair: "name" };
  const known = [word, short].find((one) => Object.hasOwn(aliases, one));
  const meant = tools.find((tool) => known !== undefined && tool.name === aliases[known]);
  if (known === undefined || meant === undefined) return undefined;
  return { tool: meant, repair: "alias", editor: editors.includes(known) };
}

/** An unknown name in a form every server accepts when the history is sent back: letters, digits, `_` and `-`, at most 64. */
export function harmlessName(name: string): string {
  return name.replace(/[^\w-]+/g, "_").slice(0, 64) || "unknown";
}
