import type { Fault, Script } from "./model-server.ts";
import type { ScriptedReply } from "./model-wire.ts";

/** What a model says in each kind of session, turn by turn; the last line is repeated. */
export interface Play {
  readonly propose?: readonly Line[];
  readonly reproduce?: readonly Line[];
  readonly patch?: readonly Line[];
}
export type Line = ScriptedReply | Fault | (() => ScriptedReply | Fault);

interface ChatMessage {
  readonly role: string;
  readonly content: string | null;
}

/** Answers Chat Completions requests by the kind of session and the number of replies it has had. */
export const playing =
  (play: Play): Script =>
  ({ body }) => {
    const messages = body["messages"] as readonly ChatMessage[];
    const task = messages.find(({ role }) => role === "user")?.content ?? "";
    const lines =
      (task.startsWith("Reproduce") ? play.reproduce : task.startsWith("Fix") ? play.patch : play.propose) ?? [];
    const said = messages.filter(({ role }) => role === "assistant").length;
    const line = lines[Math.min(said, lines.length - 1)] ?? { text: "I have nothing to say." };
    return typeof line === "function" ? line() : line;
  };

const call = (name: string, args: Readonly<Record<string, unknown>>): ScriptedReply => ({
  calls: [{ name, arguments: args }],
});

export const bash = (command: string): ScriptedReply => call("bash", { command, timeout_s: null });
export const write = (path: string, text: string): ScriptedReply =>
  call("edit", { path, old_string: "", new_string: text, replace_all: null });
export const replace = (path: string, before: string, after: string): ScriptedReply =>
  call("edit", { path, old_string: before, new_string: after, replace_all: null });
export const finish = (summary = "done"): ScriptedReply =>
  call("finish", { outcome: "done", summary, test_commands: [] });
export const blocked = (summary: string): ScriptedReply =>
  call("finish", { outcome: "blocked", summary, test_commands: [] });
