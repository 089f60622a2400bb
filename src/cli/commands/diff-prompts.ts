import { z } from "zod";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { lineDiff } from "../../reports/line-diff.ts";
import { printable } from "../../text.ts";
import { requestsOf } from "../../views/requests.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { promptText, readPrompt } from "../rendered-prompt.ts";
import { readRun } from "../run-id.ts";

export const diffPrompts = command({
  arguments: "<run> <other>",
  options: [
    ["--turn <n>", "compare the requests of this turn of each session (default: 1, what sessions begin with)"],
    ["--json", "print one JSON object per session"],
  ],
  more: `Compares what models were told in two runs, session by session: tools, system prompt, task and, from turn 2 on, all that
was said before. One turn of one run is shown with claw log <run> --prompt <session>:<turn>.

Example:
  claw diff-prompts 1kb2c3d4e5f6 1kb2f7g8h9j0 --turn 3`,
  input: z.object({
    run: z.string(),
    other: z.string(),
    turn: numberOption({ min: 1, max: 100_000, whole: true }),
    json: z.boolean().default(false),
  }),
  async run({ run, other, turn = 1, json }, { app, out }) {
    const ledger = await (await app()).ledger();
    const runs = [await readRun(ledger, run), await readRun(ledger, other)] as const;
    const sessions = [...new Set(runs.flatMap(({ events }) => requestsOf(events).map(({ session }) => session)))];
    if (sessions.length === 0 && !json) return out("no model was asked in either run");
    for (const session of sessions) {
      const [before, after] = await Promise.all(runs.map(({ events }) => textOf(ledger, events, { session, turn })));
      const told = verdict(session, turn, { before: before ?? null, after: after ?? null, runs });
      out(json ? JSON.stringify({ type: "prompt-diff", version: 1, ...told }) : printable(render(told, runs)));
    }
  },
});

interface Told {
  readonly session: string;
  readonly turn: number;
  /** "same", "different", or the one run that has such a request. */
  readonly verdict: string;
  readonly diff: string;
}

async function textOf(
  ledger: Ledger,
  events: readonly Recorded[],
  { session, turn }: { readonly session: string; readonly turn: number },
): Promise<string | null> {
  const found = requestsOf(events).find((one) => one.session === session && one.turn === turn);
  return found ? promptText(await readPrompt(ledger, found)) : null;
}

function verdict(
  session: string,
  turn: number,
  { before, after, runs }: { before: string | null; after: string | null; runs: readonly { readonly run: string }[] },
): Told {
  if (before === null && after === null) return { session, turn, verdict: "in neither", diff: "" };
  if (before === null || after === null) {
    return { session, turn, verdict: `only in ${runs[before === null ? 1 : 0]?.run}`, diff: "" };
  }
  const diff = lineDiff(before, after);
  return { session, turn, verdict: diff === "" ? "same" : "different", diff };
}

const render = ({ session, turn, verdict: said, diff }: Told, runs: readonly { readonly run: string }[]): string =>
  diff === ""
    ? `${session}, turn ${turn}: ${said}`
    : `--- ${runs[0]?.run} ${session}:${turn}\n+++ ${runs[1]?.run} ${session}:${turn}\n${diff}`;
