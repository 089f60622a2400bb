import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { Interrupted, UsageError } from "../../errors.ts";
import { command, type CommandDesk } from "../command.ts";
import { type Proposal, propose } from "../init/propose.ts";
import { printable } from "../../text.ts";
import { hang } from "../hang.ts";

export const init = command({
  options: [
    ["--yes", "write without asking"],
    ["--dry-run", "show what would be written, and write nothing"],
    ["--json", "print one JSON object"],
  ],
  more: `Looks how this repository's tests are run and which models are in reach, and writes two files after showing them:

  claw.yaml    in the repository: what claw may do there, with every key, its default and what it means
  config.yaml  the user's own: models, credentials by reference, budgets

Neither is needed to begin. Files that are there already are left as they are; nothing is sent anywhere but to model servers'
usual ports on this machine.

Examples:
  claw init
  claw init --yes
  claw init --dry-run --json

Next: claw doctor`,
  input: z.object({
    yes: z.boolean().default(false),
    dryRun: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ yes, dryRun, json }, desk) {
    const { files, notes } = await propose(desk);
    if (!json) {
      for (const { path, text } of files) desk.out(`${path}\n\n${text.replaceAll(/^(?=.)/gm, "  ")}`);
      // Last, next to the question: the files are longer than a screen.
      for (const note of notes) desk.err(within(printable(note), desk.terminal.columns));
    }
    const write = files.length > 0 && !dryRun && (yes || (await agreed(files, desk, json)));
    if (write) for (const file of files) await put(file);
    if (json) {
      const listed = files.map(({ path, text }) => ({ path, text, written: write }));
      desk.out(JSON.stringify({ type: "init", version: 1, notes, files: listed }));
    } else if (write)
      for (const { path, next } of files) desk.err(`wrote ${path}${next === null ? "" : `\n  next: ${next}`}`);
    else if (files.length > 0) desk.err("nothing was written");
  },
});

/** "tests     npm test": what has no room goes on under the first words. */
function within(note: string, columns: number): string {
  const [name = ""] = /^[a-z]+ {2,}/.exec(note) ?? [];
  return name === "" ? note : name + hang(note.slice(name.length), columns, / /, name.length);
}

/** Asks the person at the terminal. Throws UsageError where nobody can answer. */
async function agreed(files: readonly Proposal[], desk: CommandDesk, json: boolean): Promise<boolean> {
  const { config } = await desk.app();
  if (!desk.terminal.stdin || !desk.terminal.stderr || config.ci || json)
    throw new UsageError(
      "nothing was written: nobody is here to be asked",
      "claw init --yes writes without asking, claw init --dry-run only shows",
    );
  desk.err(`Write ${files.map(({ path }) => path).join(" and ")}? [Y/n]`);
  const answer = await desk.line(desk.signal);
  if (desk.signal.aborted)
    throw desk.signal.reason instanceof Interrupted ? desk.signal.reason : new Interrupted("SIGINT");
  return answer !== null && /^(?:y|yes)?$/i.test(answer.trim());
}

/** Fails where somebody else was quicker: nothing is written over. */
async function put({ path, text }: Proposal): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, text, { flag: "wx", mode: path.endsWith("config.yaml") ? 0o600 : 0o644 });
}
