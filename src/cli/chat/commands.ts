import type { SlashCommand } from "../../tui/session/screen.ts";

/** What may be typed besides words for the model, in the order of the help. */
export const slashCommands: readonly SlashCommand[] = [
  { name: "help", about: "this list" },
  { name: "diff", about: "what the session has changed" },
  { name: "apply", about: "take its changes over into your files" },
  { name: "undo", about: "take the changes of the last turn back" },
  { name: "model", takes: "<name>", about: "which model answers; another one from here on" },
  { name: "budget", takes: "<dollars>", about: "what is spent of the budget; another budget" },
  { name: "cost", about: "what the session has cost" },
  { name: "compact", about: "shorten what the model has to read again" },
  { name: "retry", about: "ask the model again after a failure" },
  { name: "review", about: "have the change looked at critically" },
  { name: "fix", takes: "<issue>", about: "a proven fix, as a run of its own" },
  { name: "resume", takes: "<run>", about: "earlier sessions; go on with one" },
  { name: "new", about: "begin anew: the model forgets, the changes stay with the old session" },
  { name: "permissions", about: "what the model may do, and what contains it" },
  { name: "quit", about: "leave; claw resume goes on later" },
];

export const keysHelp = [
  "Enter sends; Alt-Enter, Ctrl-J or \\ and Enter begin a new line. @ names a file, Tab takes a choice.",
  "Esc stops the model; what it said stays. Up and Down go through what you typed; Up takes back what waits to be sent.",
  "Ctrl-O shows the last output whole. Ctrl-C saves and leaves (twice: at once), Ctrl-D leaves, Ctrl-Z goes to the shell.",
];

/** "/model local/qwen" as its parts; null for words that are no command. A path such as /etc/hosts is none. */
export function slashIn(text: string): { readonly name: string; readonly rest: string } | null {
  const [, name, rest = ""] = /^\/([a-z]+)(?:\s+([^]*))?$/.exec(text.trim()) ?? [];
  return name === undefined ? null : { name, rest: rest.trim() };
}
