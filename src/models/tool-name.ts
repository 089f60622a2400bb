import type { ToolSpec } from "./model.ts";

/** Names other harnesses use for the same tools, which models were trained on. */
const aliases: Readonly<Record<string, string>> = {
  shell: "bash",
  execute_bash: "bash",
  run_terminal_cmd: "bash",
  run_shell_command: "bash",
  run_command: "bash",
  execute_command: "bash",
  exec_command: "bash",
  exec: "bash",
  terminal: "bash",
  str_replace: "edit",
  str_replace_editor: "edit",
  str_replace_based_edit_tool: "edit",
  view: "read",
  cat: "read",
  open: "read",
  read_file: "read",
  submit: "finish",
  done: "finish",
};

/** Names of an editor that is one tool for everything: what a call does stands in its `command`. */
const editors: readonly string[] = ["str_replace_editor", "str_replace_based_edit_tool"];

/** A tool as it was called. */
export interface FoundTool {
  readonly tool: ToolSpec;
  /** What had to be done to the name. */
  readonly repair?: "name" | "alias";
  /** The name is one that stands for several tools. */
  readonly editor?: boolean;
}

/** The tool a name means, or undefined. `bash<|channel|>json`, `functions.Bash` and "`bash`" all mean `bash`. */
export function findTool(name: string, tools: readonly ToolSpec[]): FoundTool | undefined {
  const exact = tools.find((tool) => tool.name === name);
  if (exact !== undefined) return { tool: exact };
  const bare = name.replace(/<\|[^|>]*\|>/g, " ").replace(/^[\s`'"*(]+/, "");
  const leading = /^(?:(?:functions?|tools?)[.:]|default_api[.:])?([A-Za-z_][\w-]*)/.exec(bare)?.[1]?.toLowerCase();
  const cleaned = tools.find((tool) => tool.name.toLowerCase() === leading);
  if (cleaned !== undefined) return { tool: cleaned, repair: "name" };
  const alias = leading === undefined || !Object.hasOwn(aliases, leading) ? undefined : aliases[leading];
  const meant = tools.find((tool) => tool.name === alias);
  if (leading === undefined || meant === undefined) return undefined;
  return { tool: meant, repair: "alias", editor: editors.includes(leading) };
}

/** An unknown name in a form every server accepts when the history is sent back: letters, digits, `_` and `-`, at most 64. */
export function harmlessName(name: string): string {
  return name.replace(/[^\w-]+/g, "_").slice(0, 64) || "unknown";
}
