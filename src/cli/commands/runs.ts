import { resolve } from "node:path";
import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import { resultOf } from "../../reports/result.ts";
import { command } from "../command.ts";
import { numberOption } from "../number-option.ts";
import { repositoryAt } from "../audit/heads.ts";
import { renderRuns } from "../render-runs.ts";
import { readRun, resolveRun } from "../run-id.ts";
import { listRuns } from "../run-list.ts";
import { sinceOption } from "../since-option.ts";
import { hasColours, styleFor } from "../style.ts";

const outcomes = ["running", ...Object.keys(exitCodes)];

export const runs = command({
  options: [
    ["-n, --number <n>", "how many (default: 20)"],
    ["--outcome <outcome>", "only runs that ended so, or are running, interrupted or waiting"],
    ["--workflow <name>", "only runs of this workflow"],
    ["--repo <path>", "only runs on this repository"],
    ["--since <when>", "only runs begun since: 2026-11-21, 2026-11-21T12:00Z, 90min, 12h or 7d"],
    ["--before <run>", "the page after this run, which is the last of the page before"],
    ["--reindex", "work out anew what the list is made from: it is a cache, never a source"],
    ["--json", "print one result object per line"],
  ],
  more: `Examples:
  claw runs --outcome waiting
  claw runs --repo . --since 7d
  claw runs -n 100 --before 1kb2c3d4e5f6`,
  working: "reading the ledger",
  input: z.object({
    number: numberOption({ min: 1, max: 100_000, whole: true }),
    outcome: z
      .string()
      .refine((name) => outcomes.includes(name), { error: `must be one of ${outcomes.join(", ")}` })
      .optional(),
    workflow: z.string().optional(),
    repo: z.string().optional(),
    since: sinceOption(() => systemClock.now()),
    before: z.string().optional(),
    reindex: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ number = 20, outcome, workflow, repo, since, before: prefix, reindex, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    if (reindex) await ledger.dropIndex();
    const repository =
      repo === undefined
        ? undefined
        : ((await repositoryAt(app, desk.cwd, repo).catch(() => null))?.root ?? resolve(desk.cwd, repo));
    const before = prefix === undefined ? undefined : await resolveRun(ledger, prefix);
    const query = { outcome, workflow, repository, since, before, limit: number };
    const rows = await listRuns(ledger, { ...query, tell: (note) => desk.err(note) });
    if (json) {
      for (const { run, broken } of rows) {
        if (!broken) desk.out(JSON.stringify(resultOf(await readRun(ledger, run))));
      }
      return;
    }
    if (rows.length === 0) {
      const searched = [outcome, workflow, repo, since, prefix].some((given) => given !== undefined);
      return desk.err(searched ? "no such runs" : "no runs yet; start one with: claw fix ISSUE.md");
    }
    const { terminal } = desk;
    const style = styleFor(hasColours(app.config, terminal.stdout && terminal.colour));
    // A pipe gets whole titles: it has no edge.
    desk.out(renderRuns(rows, { now: systemClock.now(), columns: terminal.stdout ? terminal.columns : 200, style }));
    if (rows.length === number) desk.err(`older ones: claw runs --before ${rows.at(-1)?.run}`);
  },
});
