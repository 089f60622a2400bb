import { z } from "zod";
import { command } from "../command.ts";
import { readRun } from "../run-id.ts";
import { watchRun } from "../watch-run.ts";

export const resume = command({
  arguments: "[run]",
  options: [
    ["--json", "print events and, last, the result as lines of JSON"],
    ["--yes", "ask nothing: install packages from their registry when they are needed"],
  ],
  more: "The run is named by the beginning of its id; without one, the newest is meant.\nWhat was finished is not done again.",
  input: z.object({ run: z.string().optional(), json: z.boolean().default(false), yes: z.boolean().default(false) }),
  async run({ run: prefix, json, yes }, desk) {
    const app = await desk.app();
    const { run, events: past } = await readRun(await app.ledger(), prefix);
    return watchRun(desk, { json, yes, past }, (_, watch) => app.resume(run, watch));
  },
});
