import { z } from "zod";
import { latest } from "../../views/run.ts";
import { foldStages } from "../../views/stages.ts";
import { UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { resultOf, type RunFacts } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { followRun } from "../follow.ts";
import { readRun } from "../run-id.ts";
import { hasColours, styleFor } from "../style.ts";
import { redactedAs } from "../redacted.ts";
import { stageLines } from "../stage-lines.ts";
import { summary } from "../summary.ts";

export const show = command({
  arguments: "[run]",
  options: [
    ["-f, --follow", "watch it while it goes on, also when another process works on it"],
    ["--markdown", "print only the report, to be pasted into a pull request"],
    ["--json", "print the result object; with --follow events first, as lines of JSON"],
  ],
  more: `The run is named by the beginning of its id; without one, the newest is meant.

Examples:
  claw show
  claw show 1ng3ek
  claw show --follow
  claw show --markdown | gh pr create --draft --body-file -
  claw show 1ng3ek --json | jq .outcome`,
  times: true,
  input: z.object({
    run: z.string().optional(),
    follow: z.boolean().default(false),
    markdown: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, follow, markdown, json }, desk) {
    const { app, out, terminal, times } = desk;
    const opened = await app();
    const ledger = await opened.ledger();
    const facts = await readRun(ledger, prefix);
    if (follow) return followRun(desk, facts, json);
    if (markdown) return out(await reportOf(ledger, facts));
    if (json) return out(JSON.stringify(resultOf(facts)));
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    out(summary(facts, style, terminal.stdout ? terminal.columns : Infinity, times));
    const rows = stageLines(foldStages(facts.events), style);
    if (rows.length > 0) out(`\n${rows.join("\n")}`);
    const { reason } = resultOf(facts);
    // What failed last, where no report tells it: often a model's words, set apart from claw's own.
    const told = printable(reason).trimEnd().split("\n").slice(1);
    const written = latest(facts.events, "report.written");
    if (!written && told.length > 0) out(`\n${told.map((line) => `  │ ${line}`).join("\n")}`);
    if (written) out(`\n${await reportOf(ledger, facts)}`);
  },
});

/** The newest report of a run. Throws UsageError where it wrote none. */
async function reportOf(ledger: Ledger, { run, events }: RunFacts): Promise<string> {
  const written = latest(events, "report.written");
  if (!written) throw new UsageError(`run ${run} has written no report`, `see how it stands: claw show ${run}`);
  return printable(await ledger.text(written.report).catch(redactedAs("[the report was redacted]"))).trimEnd();
}
