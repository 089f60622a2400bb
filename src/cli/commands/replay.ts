import { z } from "zod";
import type { Divergence, Replay } from "../../agent/replay/replay.ts";
import { exitCodes, UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { plural, printable } from "../../text.ts";
import { openExport } from "../audit/exported.ts";
import { command, type CommandDesk } from "../command.ts";
import { resolveRun } from "../run-id.ts";

export const replay = command({
  arguments: "[run]",
  options: [
    ["--file <file>", "replay a run that claw audit export wrote"],
    ["--json", "print one JSON object"],
  ],
  more: `Drives the sessions of a run once more, with the replies of the model and the answers of the tools as they are on record,
and compares every request, verdict and message by its hash. Nothing is sent, run or written. The first divergence is named.
The run is named by the beginning of its id; without one, the newest is meant.

Exit codes: 0 everything came out as recorded; 12 something did not`,
  input: z.object({ run: z.string().optional(), file: z.string().optional(), json: z.boolean().default(false) }),
  async run({ run: prefix, file, json }, desk) {
    const { run, ledger } = await source(prefix, file, desk);
    const { replayRun } = await import("../../agent/replay/replay.ts");
    const replayed = await replayRun(ledger, run);
    const { divergence, otherPrompts } = replayed;
    if (json) desk.out(JSON.stringify({ type: "replay", version: 1, run, ...replayed }));
    else {
      desk.out(divergence ? told(run, divergence) : `✓ run ${run} came out as recorded: ${counted(replayed)}`);
      if (otherPrompts.length > 0) {
        desk.err(`note: the run was given other words than this release would give: ${otherPrompts.join(", ")}`);
      }
    }
    return divergence ? exitCodes.unproven : 0;
  },
});

async function source(
  prefix: string | undefined,
  file: string | undefined,
  { app, cwd }: CommandDesk,
): Promise<{ readonly run: string; readonly ledger: Ledger }> {
  if (file === undefined) {
    const ledger = await (await app()).ledger();
    return { run: await resolveRun(ledger, prefix), ledger };
  }
  if (prefix !== undefined)
    throw new UsageError("a run and --file exclude each other", "the file names its run itself");
  return openExport(cwd, file);
}

const counted = ({ sessions, requests, calls }: Replay): string =>
  `${plural(sessions, "session")}, ${plural(requests, "request")}, ${plural(calls, "call")}`;

const told = (run: string, { session, event, recorded, replayed }: Divergence): string =>
  printable(
    [
      `✗ run ${run} diverges in session ${session}${event === null ? ", behind the end of its record" : `, at event ${event}`}`,
      `  recorded  ${recorded}`,
      `  replayed  ${replayed}`,
    ].join("\n"),
  );
