import { z } from "zod";
import { latest } from "../../views/run.ts";
import { foldStages } from "../../views/stages.ts";
import { resultOf } from "../../reports/result.ts";
import { printable } from "../../text.ts";
import { command } from "../command.ts";
import { readRun } from "../run-id.ts";
import { hasColours, styleFor } from "../style.ts";
import { redactedAs } from "../redacted.ts";
import { stageLines } from "../stage-lines.ts";
import { summary } from "../summary.ts";

export const show = command({
  arguments: "[run]",
  options: [["--json", "print the result object"]],
  more: "The run is named by the beginning of its id; without one, the newest is meant.",
  input: z.object({ run: z.string().optional(), json: z.boolean().default(false) }),
  async run({ run: prefix, json }, { app, out, terminal }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const facts = await readRun(ledger, prefix);
    if (json) return out(JSON.stringify(resultOf(facts)));
    const style = styleFor(hasColours(opened.config, terminal.stdout && terminal.colour));
    out(summary(facts, style, terminal.stdout ? terminal.columns : Infinity));
    const rows = stageLines(foldStages(facts.events), style);
    if (rows.length > 0) out(`\n${rows.join("\n")}`);
    const { reason } = resultOf(facts);
    // What failed last, where no report tells it: often a model's words, set apart from claw's own.
    const told = printable(reason).trimEnd().split("\n").slice(1);
    const written = latest(facts.events, "report.written");
    if (!written && told.length > 0) out(`\n${told.map((line) => `  │ ${line}`).join("\n")}`);
    if (written)
      out(`\n${printable(await ledger.text(written.report).catch(redactedAs("[the report was redacted]"))).trimEnd()}`);
  },
});
