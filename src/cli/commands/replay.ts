import { z } from "zod";
import type { Divergence, Replay } from "../../agent/replay/replay.ts";
import { exitCodes, UsageError } from "../../errors.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { plural, printable } from "../../text.ts";
import { auditExport, openExport } from "../audit/exported.ts";
import { brokenRecord } from "../audit/subject.ts";
import { command, type CommandDesk } from "../command.ts";
import { resolveRun } from "../run-id.ts";

export const replay = command({
  arguments: "[run]",
  options: [
    ["--file <file>", "replay a run that claw audit export wrote"],
    [
      "--tools",
      "make the calls of tools once more, in a sandbox without network, instead of taking their answers from the record",
    ],
    ["--json", "print one JSON object"],
  ],
  more: `Drives the sessions of a run once more: each request is put together by the adapter that spoke to the server and compared
by its hash with the bytes that were sent, each reply is read from the bytes that came, and every verdict and message is
compared. Nothing is sent or written. The first divergence is named.
The run is named by the beginning of its id; without one, the newest is meant.

With --tools, commands run and files are edited again, in a private copy of the repository (of the one around this directory
with --file) at the commit that the run began from. The change must be the same in every byte, and no call may fail that did
not, or the other way round. Answers in other words are counted, and the first is named: times, durations, temporary paths,
addresses, ports and ids are no other words. claw's own checks are not repeated.

Examples:
  claw replay
  claw replay 1hk4 --tools
  claw replay --file run.jsonl

What the search engine did is no session: it is not done again.

Exit codes: 0 everything came out as recorded; 12 something did not`,
  working: "replaying",
  input: z.object({
    run: z.string().optional(),
    file: z.string().optional(),
    tools: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, file, tools, json }, desk) {
    const { run, ledger } = await source(prefix, file, desk);
    const { replayRun } = await import("../../agent/replay/replay.ts");
    const replayed = tools ? await withTools({ run, ledger, file }, desk) : await replayRun(ledger, run);
    const { divergence, otherPrompts } = replayed;
    if (json) desk.out(JSON.stringify({ type: "replay", version: 1, run, ...replayed }));
    else {
      if (divergence) desk.out(told(run, divergence));
      else if (replayed.sessions === 0) desk.out(`run ${run} has no session with a model: there is nothing to replay`);
      else desk.out(`✓ run ${run} came out as recorded: ${counted(replayed)}`);
      if (!divergence && replayed.rerun?.firstReworded) desk.out(reworded(replayed.rerun));
      if (otherPrompts.length > 0) {
        desk.err(`note: the run was given other words than this release would give: ${otherPrompts.join(", ")}`);
      }
    }
    return divergence ? exitCodes.unproven : 0;
  },
});

async function withTools(
  { run, ledger, file }: { readonly run: string; readonly ledger: Ledger; readonly file: string | undefined },
  { app, cwd }: CommandDesk,
): Promise<Replay> {
  const [{ replayRun }, { withReplayBench }] = await Promise.all([
    import("../../agent/replay/replay.ts"),
    import("../../workflows/replay-bench.ts"),
  ]);
  const house = await (await app()).house(cwd);
  const plan = { ledger, run, repository: file === undefined ? null : cwd };
  return withReplayBench(house, plan, (bench) => replayRun(ledger, run, bench));
}

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
  const imported = await openExport(cwd, file);
  const [first] = (await auditExport(imported, [])).findings;
  if (first) throw brokenRecord(first, "file");
  return imported;
}

function counted({ sessions, requests, calls, wire, rerun }: Replay): string {
  const parts = [
    `${plural(sessions, "session")}, ${plural(requests, "request")}, ${plural(calls, "call")}`,
    ...(wire.requests === 0
      ? []
      : [`${wire.requests} requests byte for byte as they were sent, ${wire.replies} replies as they came`]),
    ...(rerun ? [`${plural(rerun.calls, "call")} made again, ${plural(rerun.changes, "change")} the same`] : []),
  ];
  return parts.join("; ");
}

const reworded = ({ reworded: count, firstReworded: first }: NonNullable<Replay["rerun"]>): string =>
  printable(
    [
      `  ${plural(count, "call")} answered in other words; the first in session ${first?.session}, at event ${first?.event}`,
      `  recorded  ${first?.recorded}`,
      `  replayed  ${first?.replayed}`,
    ].join("\n"),
  );

const told = (run: string, { session, event, recorded, replayed }: Divergence): string =>
  printable(
    [
      `✗ run ${run} diverges in session ${session}${event === null ? ", behind the end of its record" : `, at event ${event}`}`,
      `  recorded  ${recorded}`,
      `  replayed  ${replayed}`,
    ].join("\n"),
  );
