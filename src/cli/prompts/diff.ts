import { z } from "zod";
import { ClawError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { comparePrompts, type PromptState } from "../../policy/prompt-lock.ts";
import { lineDiff } from "../../reports/line-diff.ts";
import { command } from "../command.ts";
import { chosenPrompts, lockAtHead, repositoryHere } from "./lock.ts";

export const diff = command({
  arguments: "[name...]",
  options: [["--json", "print one JSON object per prompt"]],
  more: `Shows what has changed in prompts since somebody approved them; one that nobody approved is shown whole. The approved text
is looked up in the ledger, where claw prompts approve and every run keep the prompts by their hashes.

Examples:
  claw prompts diff`,
  working: "comparing",
  input: z.object({ name: z.array(z.string()).default([]), json: z.boolean().default(false) }),
  async run({ name: names, json }, { app, cwd, out, err }) {
    const opened = await app();
    const files = await chosenPrompts(names);
    const states = comparePrompts(files, await lockAtHead(await repositoryHere(opened, cwd)));
    const ledger = await opened.ledger();
    for (const state of states) {
      const text = files.find(({ name }) => name === state.name)?.whole ?? "";
      const before = await approvedText(ledger, state);
      if (before === null)
        err(`note: the approved text of ${state.name}, ${state.approved?.slice(0, 12)}, is not in this ledger`);
      const changed = lineDiff(before ?? "", text);
      if (json) out(JSON.stringify({ type: "prompt-diff", version: 1, ...state, diff: changed }));
      else if (changed !== "") {
        out(`--- ${state.name} ${state.approved === null ? "(never approved)" : state.approved.slice(0, 12)}`);
        out(`+++ ${state.name} ${state.sha.slice(0, 12)}\n${changed}`);
      }
    }
    if (!json && states.every(({ state }) => state === "approved")) err("every prompt is as it was approved");
  },
});

/** Empty when none was approved; null when it cannot be found. */
async function approvedText(ledger: Ledger, { approved }: PromptState): Promise<string | null> {
  if (approved === null) return "";
  try {
    return await ledger.text(approved);
  } catch (error) {
    if (error instanceof ClawError) return null;
    throw error;
  }
}
