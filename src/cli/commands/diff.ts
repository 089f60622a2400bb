import { z } from "zod";
import { diffstat, renderDiffstat } from "../../reports/diffstat.ts";
import { printable } from "../../text.ts";
import { readChange } from "../change-of-run.ts";
import { command } from "../command.ts";
import { readRun } from "../run-id.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { latest, ofType } from "../../views/run.ts";
import { hasColours, type Style, styleFor } from "../style.ts";

export const diff = command({
  arguments: "[run]",
  options: [["--stat", "print the files and their counts of lines only"]],
  more: `The run is named by the beginning of its id; without one, the newest is meant.
The output can be given to git apply.

Examples:
  claw diff
  claw diff 1ng3ek --stat
  claw diff 1ng3ek | git apply`,
  input: z.object({ run: z.string().optional(), stat: z.boolean().default(false) }),
  async run({ run, stat }, { app, out, bytes, err, terminal }) {
    const opened = await app();
    const asked = await askedOf(await opened.ledger(), run);
    if (asked !== null) return out(printable(asked).trimEnd());
    const { patch, change, facts } = await readChange(await opened.ledger(), run);
    const told = change.testOnly ? "this is only the test that shows the bug" : "this change did not pass claw's check";
    if (!change.accepted && !change.ofSession) err(`${told}: see claw show ${facts.run}`);
    const text = patch.toString("utf8");
    if (stat) return out(printable(renderDiffstat(diffstat(text))));
    if (!terminal.stdout) return bytes(patch);
    out(coloured(printable(text).trimEnd(), styleFor(hasColours(opened.config, terminal.colour))));
  },
});

/** What a flow asks a person, or asked last: it has no change of its own. Null for other runs. */
async function askedOf(ledger: Ledger, prefix: string | undefined): Promise<string | null> {
  const { events } = await readRun(ledger, prefix);
  if (latest(events, "run.started")?.workflow !== "flow") return null;
  const asked = ofType(events, "run.paused").findLast(({ diff: sha }) => sha !== undefined)?.diff;
  return asked === undefined ? null : ledger.text(asked);
}

const coloured = (patch: string, style: Style): string =>
  patch
    .split("\n")
    .map((line) => {
      if (/^(diff|index|---|\+\+\+|new file|deleted file|old mode|new mode)/.test(line)) return style.strong(line);
      if (line.startsWith("@@")) return style.faint(line);
      return line.startsWith("+") ? style.good(line) : line.startsWith("-") ? style.bad(line) : line;
    })
    .join("\n");
