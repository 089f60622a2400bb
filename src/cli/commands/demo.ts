import { cp, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import { printable } from "../../text.ts";
import { readChange } from "../change-of-run.ts";
import { chooseEngine } from "../engine-choice.ts";
import { command, type CommandDesk, helpColumns } from "../command.ts";
import { demoProject } from "../demo-project.ts";
import { helpText } from "../help-text.ts";
import { watchRun } from "../watch-run.ts";

const MINUTES = 10;

export const demo = command({
  more: `Makes a small project with a bug in a temporary folder and fixes it: no model, no key, nothing recorded. The search
engine tries small changes until the failing test passes; sandbox, tests, proof, gates and ledger are those of every run.

Examples:
  claw demo`,
  input: z.object({}),
  async run(_, desk) {
    const app = await desk.app();
    const dir = join(await mkdtemp(join(tmpdir(), "claw-demo-")), "rooms");
    await cp(demoProject, dir, { recursive: true });
    const { newRepository } = await import("../../repo/new-repository.ts");
    const author = { name: "demo", email: "demo@example.invalid" };
    await newRepository(dir, { message: "Book rooms\n", author, at: systemClock.now(), searchPath: app.config.path });
    const issue = await readFile(join(dir, "ISSUE.md"), "utf8");
    const width = helpColumns(desk) - 2;
    desk.out(`A project with a bug is in ${dir}. Its issue:\n\n${helpText(issue, width).replace(/^(?=.)/gm, "  ")}\n`);
    desk.out(`$ claw fix ISSUE.md --engine search\n`);
    let run = "";
    const code = await fixIt(desk, { dir, issue }, (started) => (run = started));
    if (code === exitCodes.proven) await tellWhatIsThere(desk, dir, run);
    return code;
  },
});

async function fixIt(
  desk: CommandDesk,
  { dir, issue }: { dir: string; issue: string },
  onRun: (run: string) => void,
): Promise<number> {
  const { fix: workflow } = await import("../../workflows/fix/fix.ts");
  return watchRun(desk, { json: false, yes: true }, async (app, watch) => {
    const { engine, model } = chooseEngine({ engine: "search" }, app.config);
    const finished = await app.start({
      ...watch,
      workflow,
      cwd: dir,
      baseRef: undefined,
      model,
      limits: { usdNano: null, turns: 0, tokens: 0, wallMs: MINUTES * 60_000, attempts: 3 },
      input: (put) => ({ source: "ISSUE.md", text: put(issue), testCommand: null, repro: null, engine }),
    });
    onRun(finished.run);
    return finished;
  });
}

/** The change, the record, and what to type next. */
async function tellWhatIsThere(desk: CommandDesk, dir: string, prefix: string): Promise<void> {
  const { app, out } = desk;
  const ledger = await (await app()).ledger();
  const { facts, patch } = await readChange(ledger, prefix);
  const { run, events, head } = facts;
  out(`\n$ claw diff ${run}\n\n${printable(patch.toString("utf8")).trimEnd()}`);
  out(`\nThe record: ${events.length} events in a hash chain, its head is sha256:${head}\n`);
  const next = [
    "What to type next:",
    `  claw show ${run}   the report: what failed, what proves the fix, how far to trust it`,
    `  claw log ${run}    every event`,
    `  cd ${dir} && claw apply ${run}`,
    "On your own repository, with a test that fails:",
    '  claw fix "what is wrong" --repro "npm test -- name"',
    "With a model (OPENAI_API_KEY, ANTHROPIC_API_KEY, or OPENAI_BASE_URL for a server of your own) claw writes the failing test too:",
    "  claw fix ISSUE.md",
  ].join("\n");
  out(helpText(next, helpColumns(desk)));
}
