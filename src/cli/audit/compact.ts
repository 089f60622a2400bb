import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { byteSize, plural } from "../../text.ts";
import { command } from "../command.ts";
import { deciderOf } from "../decision.ts";
import { personOption } from "../person-option.ts";
import { numberOption } from "../number-option.ts";

const DAY_MS = 24 * 3_600_000;

export const compact = command({
  options: [
    ["--bodies-older-than <days>", "also take out prompts, replies and outputs of runs that ended longer ago"],
    ["--yes", "do it; without this it is only said what would go"],
    ["--as <name>", "who does it (default: your git identity here, else your login name)"],
    ["--json", "print one JSON object"],
  ],
  more: `Gives unused space back to the system. With --bodies-older-than it takes texts out of old runs for good: prompts, replies,
arguments and outputs that no younger run shares. Events, hashes, patches, reports, manifests and prompt files stay, so
every chain still verifies and every run still says what it did. Who did it is recorded in each run.

Examples:
  claw audit compact --yes
  claw audit compact --bodies-older-than 180`,
  working: "compacting the ledger",
  input: z.object({
    bodiesOlderThan: numberOption({ min: 0, max: 36_500 }),
    yes: z.boolean().default(false),
    as: personOption,
    json: z.boolean().default(false),
  }),
  async run({ bodiesOlderThan: days, yes, as, json }, { app, cwd, out, err }) {
    const opened = await app();
    const ledger = await opened.ledger();
    const shas = days === undefined ? [] : await ledger.bodiesOfOldRuns(systemClock.now() - days * DAY_MS);
    const bytes = await ledger.bodyBytes(shas);
    const { free } = await ledger.size();
    if (yes && shas.length > 0) {
      const decider = await deciderOf(opened.config, cwd, as);
      await ledger.redact({
        shas,
        reason: `retention: of runs that ended more than ${plural(days ?? 0, "day")} ago`,
        ...decider,
      });
    }
    const freed = yes ? await ledger.vacuum() : 0;
    if (json)
      return out(JSON.stringify({ type: "compact", version: 1, done: yes, bodies: shas.length, bytes, free, freed }));
    const goes =
      shas.length === 0 ? "no body" : `${plural(shas.length, "body", "bodies")}, ${byteSize(bytes)} as stored,`;
    out(
      yes
        ? `${goes} taken out; the file is ${byteSize(freed)} smaller`
        : `${goes} would go, and ${byteSize(free)} of unused space`,
    );
    if (!yes) err("nothing was changed: add --yes to do it");
  },
});
