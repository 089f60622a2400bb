import { existsSync } from "node:fs";
import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { UsageError } from "../../errors.ts";
import { issueAt } from "../../forge/place.ts";
import { openRepository } from "../../repo/repository.ts";
import { resultOf } from "../../reports/result.ts";
import { readChange } from "../change-of-run.ts";
import { command } from "../command.ts";
import { writing } from "../decision.ts";
import { forgeFor, placeOfOrigin } from "../forge-issue.ts";

export const publish = command({
  arguments: "[run]",
  options: [
    [
      "--issue <n>",
      "number of the issue it fixes there (default: the one that the run was asked to fix, where it is of there)",
    ],
    [
      "--repository <path>",
      "publish from this one (default: the run's own; where that is not here, the one around this directory)",
    ],
    ["--again", "open it although claw has, or had, a pull request for that issue"],
    ["--json", "print one JSON object"],
  ],
  more: `Pushes the run's branch to the forge that the remote called origin leads to, and opens one draft pull request with the
proof. Done twice it finds what is there. A run that came with claw audit import has its branch made anew from its record, and
the commit must be just the change that was judged. Only a proven run is published, also one that a rule
kept back when it was done; claw never merges, and never marks ready.

The token comes from forge.hosts in config.yaml, or is GITHUB_TOKEN, GH_TOKEN, or what gh auth token says.

Examples:
  claw publish
  claw publish 1kb2c3d4e5f6 --issue 123

Exit codes: 0 it is open; 13 the policy refuses; 22 the forge does not answer, or refuses`,
  working: "publishing",
  input: z.object({
    run: z.string().optional(),
    issue: z.coerce.number().int().positive().optional(),
    repository: z.string().optional(),
    again: z.boolean().default(false),
    json: z.boolean().default(false),
  }),
  async run({ run: prefix, issue, repository: path, again, json }, desk) {
    const app = await desk.app();
    const ledger = await app.ledger();
    const { facts, change, patch } = await readChange(ledger, prefix);
    const { run, outcome, status, branch, commit, sandbox, task, repository: root } = resultOf(facts);
    // What was proven and made, and then kept back by a rule of publishing, may be asked about again: the rule is, too.
    const isProven = outcome === "proven" || (outcome === "blocked" && branch !== null);
    if (!isProven || branch === null || commit === null)
      throw new UsageError(
        `run ${run} is not proven (${outcome ?? status}), so there is nothing to publish`,
        status === "paused" ? `go on with it: claw resume ${run}` : `see it with: claw show ${run}`,
      );
    if (sandbox?.waivedBy)
      throw new UsageError(
        `run ${run} ran without a sandbox, and nothing of such a run is published`,
        "prove it in one: claw fix, without --no-sandbox",
      );
    const { path: searchPath, userHome: home } = app.config;
    const at = path ?? (existsSync(root) ? root : desk.cwd);
    const repository = await openRepository(at, { searchPath, home });
    const place = await placeOfOrigin(app, at);
    const { host, owner, repo } = place;
    const [{ openPullRequest }, { restoreBranch }] = await Promise.all([
      import("../../workflows/pull-request.ts"),
      import("../../workflows/restore-branch.ts"),
    ]);
    const [diff = ""] = change.patches;
    const made = await writing(ledger, run, async (log) => {
      await restoreBranch(log, { repository, home: app.config.home }, { branch, commit, diff });
      return openPullRequest(
        {
          log,
          repository,
          clock: systemClock,
          signal: desk.signal,
          authority: app.config.user.forge,
          forge: (place) => forgeFor(app, desk, place),
        },
        { host, owner, repo, issue: issue ?? issueAt(place, task?.source), again, baseSeen: false },
        { branch, commit, diff: patch.toString("utf8") },
      );
    });
    desk.out(json ? JSON.stringify({ type: "pull-request", version: 1, run, ...made }) : made.url);
  },
});
