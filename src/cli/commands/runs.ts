import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { ClawError } from "../../errors.ts";
import type { Ledger, RunEnds } from "../../ledger/ledger.ts";
import { type Result, resultOf } from "../../reports/result.ts";
import { command, type CommandDesk } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { renderRuns, type RunRow } from "../render-runs.ts";
import { hasColours, styleFor } from "../style.ts";

export const runs = command({
  options: [
    ["-n, --number <n>", "how many (default: 20)"],
    ["--json", "print one result object per line"],
  ],
  input: z.object({ number: numberOption({ min: 1, max: 100_000, whole: true }), json: z.boolean().default(false) }),
  async run({ number = 20, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const newest = await ledger.newest(number);
    if (json) return printJson(ledger, newest, desk);
    if (newest.length === 0) return desk.err("no runs yet; start one with: claw fix ISSUE.md");
    const rows = await Promise.all(newest.map((ends) => rowOf(ledger, ends)));
    const { terminal } = desk;
    const style = styleFor(hasColours(app.config, terminal.stdout && terminal.colour));
    // A pipe gets whole titles: it has no edge.
    desk.out(renderRuns(rows, { now: systemClock.now(), columns: terminal.stdout ? terminal.columns : 200, style }));
  },
});

async function printJson(ledger: Ledger, newest: readonly RunEnds[], { out }: CommandDesk): Promise<void> {
  for (const { run, active } of newest) {
    const { events, head } = await ledger.read(run);
    out(JSON.stringify(resultOf({ run, events, head, active })));
  }
}

/** One damaged run does not hide the others. */
async function rowOf(ledger: Ledger, { run, started, active }: RunEnds): Promise<RunRow> {
  try {
    const { events, head } = await ledger.read(run);
    return { run, startedAt: started.at, result: resultOf({ run, events, head, active }) satisfies Result };
  } catch (error) {
    if (error instanceof ClawError) return { run, startedAt: started.at, result: null };
    throw error;
  }
}
