import { z } from "zod";
import { byteSize } from "../../text.ts";
import { command } from "../command.ts";

export const size = command({
  options: [["--json", "print one JSON object, in bytes"]],
  more: `Counts what the ledger holds and what it takes up. Nothing in it ever goes by itself: claw audit compact is the only way.

Examples:
  claw audit size
  claw audit size --json`,
  working: "counting",
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, { app, out }) {
    const found = await (await (await app()).ledger()).size();
    if (json) return out(JSON.stringify({ type: "size", version: 1, ...found }));
    const { file, log, free, runs, anchors, events, bodies } = found;
    const ratio =
      bodies.stored > 0 ? ` (${(bodies.plain / bodies.stored).toFixed(1)} times smaller than they are)` : "";
    out(`file     ${byteSize(file)}, ${byteSize(log)} in the log beside it, ${byteSize(free)} unused`);
    out(`runs     ${runs}, ${anchors} anchors`);
    out(`events   ${events.count}, ${byteSize(events.bytes)}`);
    out(`bodies   ${bodies.count}, ${byteSize(bodies.stored)}${ratio}`);
    out(`redacted ${bodies.redacted}`);
  },
});
