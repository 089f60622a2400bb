import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { lockFile, readLock } from "../../policy/prompt-lock.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { deciderOf } from "../decision.ts";
import { personOption } from "../person-option.ts";
import { chosenPrompts, lockInTree, repositoryHere, storeLock } from "./lock.ts";

export const approve = command({
  arguments: "[name...]",
  options: [
    ["--as <name>", "who approves (default: who commits in the repository by its git settings, else your login name)"],
    ["--json", "print one JSON object"],
  ],
  more: `Writes the hashes of these prompt files, or of all, to claw.lock in the working tree, with the approver and the time. It counts
once it is committed: a run reads it from its base commit. Read them first: claw prompts diff.

With require_approved_prompts in claw.yaml, a prompt that is not in it as it is ends a run with exit 13, before any request.

Examples:
  claw prompts approve
  claw prompts approve patch --as "Ada Lovelace"`,
  input: z.object({
    name: z.array(z.string()).default([]),
    as: personOption,
    json: z.boolean().default(false),
  }),
  async run({ name: names, as, json }, { app, cwd, out }) {
    const opened = await app();
    const repository = await repositoryHere(opened, cwd);
    const files = await chosenPrompts(names);
    const { by } = await deciderOf(opened.config, repository.root, as);
    const lock = readLock(await lockInTree(repository));
    const at = new Date(systemClock.now()).toISOString();
    const approved = Object.fromEntries(files.map(({ name, sha }) => [name, { sha256: sha, by, at }]));
    const ledger = await opened.ledger();
    for (const { whole } of files) await ledger.keep(whole);
    await storeLock(repository, { ...lock, prompts: { ...lock.prompts, ...approved } });
    if (json) return out(JSON.stringify({ type: "prompts-approved", version: 1, by, at, prompts: approved }));
    for (const { name, sha } of files) out(`${printable(by)} approves ${name} ${sha.slice(0, 12)}`);
    out(`  it counts once it is committed: git add ${lockFile} && git commit`);
  },
});
