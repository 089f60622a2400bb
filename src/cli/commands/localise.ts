import { z } from "zod";
import { exitCodes } from "../../errors.ts";
import { foldRun } from "../../views/run.ts";
import { printable } from "../../text.ts";
import { command, type CommandDesk } from "../command.ts";
import { readRun } from "../run-id.ts";
import { localiseWork } from "../localise-work.ts";
import { numberOption } from "../number-option.ts";
import { watchRun } from "../watch-run.ts";

const Ranked = z.object({ shown: z.array(z.string()) });

export const localise = command({
  arguments: "[test]",
  options: [
    ["--base <ref>", "commit, branch or tag to look at (default: HEAD)"],
    ["--test-command <command>", "how the whole test suite is run"],
    ["--lines <n>", "lines to print (default: 10)"],
    ["--json", "print events and, last, the result as lines of JSON"],
  ],
  more: `The test is a file or a command; without one, the tests that fail on the base are meant. No model is asked.

Examples:
  claw localise test/date.test.ts
  claw localise "npm test -- slug"`,
  input: z.object({
    test: z.string().trim().min(1, "must not be empty").optional(),
    base: z.string().optional(),
    testCommand: z.string().trim().min(1, "must not be empty").optional(),
    lines: numberOption({ min: 1, max: 200, whole: true }),
    json: z.boolean().default(false),
  }),
  async run({ test, base, testCommand, lines = 10, json }, desk) {
    let run = "";
    const code = await watchRun(desk, { json, yes: true }, async (app, watch) => {
      const finished = await app.start({ ...watch, ...(await localiseWork({ test, base, testCommand }, desk.cwd)) });
      run = finished.run;
      return finished;
    });
    if (!json && code === exitCodes.done) await printSuspects(desk, run, lines);
    return code;
  },
});

/** "  src/date.js:12 (1.00): return hours < 12;", most suspicious first. */
async function printSuspects({ app, out }: CommandDesk, run: string, count: number): Promise<void> {
  const { events } = await readRun(await (await app()).ledger(), run);
  const stage = foldRun(events).stages.find(({ name }) => name === "localise");
  const { shown } = Ranked.parse(stage?.output);
  out("");
  for (const line of shown.slice(0, count)) out(`  ${printable(line)}`);
}
