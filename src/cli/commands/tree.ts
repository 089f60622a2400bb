import { z } from "zod";
import type { Ledger } from "../../ledger/ledger.ts";
import { headline, money, printable } from "../../text.ts";
import { foldRun } from "../../views/run.ts";
import { command } from "../command.ts";
import type { RunRow } from "../render-runs.ts";
import { resolveRun } from "../run-id.ts";
import { catchUp, listRuns } from "../run-list.ts";

/** Children of one run that are shown. */
const MOST = 1000;

export const tree = command({
  arguments: "[run]",
  options: [["--json", "print one JSON object per run, each with its parent"]],
  more: `Prints a run with the runs it started, and theirs, from the first of them on. The run is named by the beginning of its id;
without one, the newest is meant.

Examples:
  claw tree
  claw tree 1ng3ek --json`,
  working: "reading the ledger",
  input: z.object({ run: z.string().optional(), json: z.boolean().default(false) }),
  async run({ run: prefix, json }, { app, out, err }) {
    const ledger = await (await app()).ledger();
    const meant = await resolveRun(ledger, prefix);
    await catchUp(ledger, undefined, err);
    for await (const { row, parent, depth } of below(ledger, await rootOf(ledger, meant), [])) {
      if (json) out(JSON.stringify({ type: "tree", version: 1, parent, ...row }));
      else out(line(row, depth, row.run === meant));
    }
  },
});

const line = ({ run, workflow, outcome, cost, title }: RunRow, depth: number, meant: boolean): string => {
  const place = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
  return `${place}${run}${meant ? " *" : ""}  ${workflow}  ${outcome}  ${money(cost)}  ${headline(printable(title), 80)}`.trimEnd();
};

async function rootOf(ledger: Ledger, run: string): Promise<string> {
  const seen = new Set<string>();
  for (let at = run; ;) {
    const parent = foldRun((await ledger.read(at)).events).started?.parent;
    if (parent === undefined || seen.has(parent) || (await ledger.find(parent))[0] !== parent) return at;
    seen.add(parent);
    at = parent;
  }
}

interface Node {
  readonly row: RunRow;
  readonly parent: string | null;
  readonly depth: number;
}

/** `above`: the runs that led to it, the first of all first. A record that names itself among them ends there. */
async function* below(ledger: Ledger, run: string, above: readonly string[]): AsyncGenerator<Node> {
  if (above.includes(run)) return;
  const silent = { limit: MOST, tell: () => {} };
  const parent = above.at(-1) ?? null;
  const siblings = await listRuns(ledger, parent === null ? { ...silent, run } : { ...silent, parent });
  const row = siblings.find((one) => one.run === run);
  if (!row) return;
  yield { row, parent, depth: above.length };
  const children = await listRuns(ledger, { ...silent, parent: run });
  for (const child of children.toReversed()) yield* below(ledger, child.run, [...above, run]);
}
