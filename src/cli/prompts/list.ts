import { z } from "zod";
import { comparePrompts, lockFile, type PromptState, writeLock } from "../../policy/prompt-lock.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { hasColours, paintMark, type Style, styleFor } from "../style.ts";
import { chosenPrompts, lockAtHead, lockInTree, repositoryHere } from "./lock.ts";

export const list = command({
  options: [["--json", "print one JSON object"]],
  more: `Compares the prompt files of this release with claw.lock of the commit that HEAD is at: a run reads it from its base commit.

Examples:
  claw prompts list`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, { app, cwd, out, err, terminal }) {
    const opened = await app();
    const repository = await repositoryHere(opened, cwd);
    const lock = await lockAtHead(repository);
    const states = comparePrompts(await chosenPrompts([]), lock);
    if (json) return out(JSON.stringify({ type: "prompts", version: 1, commit: repository.head, prompts: states }));
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    for (const state of states) out(line(state, style));
    const text = await lockInTree(repository);
    if (text !== undefined && text !== writeLock(lock)) {
      err(`note: ${lockFile} in the working tree is another: runs read it from the commit they start from`);
    }
  },
});

function line({ name, sha, state, by, at }: PromptState, style: Style): string {
  const who = by === null || at === null ? "" : `by ${printable(by)} on ${at.slice(0, 10)}`;
  const said = state === "changed" ? `changed since it was approved ${who}` : `${state} ${who}`.trimEnd();
  return `${paintMark(style, state === "approved" ? "✓" : "!")} ${name.padEnd(12)} ${sha.slice(0, 12)}  ${said}`;
}
