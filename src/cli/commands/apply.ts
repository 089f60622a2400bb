import { resolve } from "node:path";
import { z } from "zod";
import type { App } from "../../app.ts";
import { UsageError, WorkspaceError } from "../../errors.ts";
import { applyPatch } from "../../repo/apply.ts";
import { openRepository, type Repository } from "../../repo/repository.ts";
import { diffstat, renderDiffstat } from "../../reports/diffstat.ts";
import { resultOf } from "../../reports/result.ts";
import { headline, plural, printable } from "../../text.ts";
import { readChange } from "../change-of-run.ts";
import { command } from "../command.ts";

export const apply = command({
  arguments: "[run]",
  options: [
    ["--to <path>", "another working tree, for example another clone"],
    ["--check", "only say whether it fits"],
  ],
  more: `The run is named by the beginning of its id; without one, the newest is meant.
Files of the working tree change, the index does not. The change fits everywhere, or nothing is changed.

Examples:
  claw apply
  claw apply 1ng3ek --check
  claw apply 1ng3ek --to ../other-clone`,
  input: z.object({ run: z.string().optional(), to: z.string().optional(), check: z.boolean().default(false) }),
  async run({ run: prefix, to, check }, { app, out, err, cwd }) {
    const opened = await app();
    const { patch, facts } = await readChange(await opened.ledger(), prefix);
    const { run, repository, outcome, branch } = resultOf(facts);
    const { root } = await targetTree(opened, { run, repository, cwd, to });
    const { path: searchPath, userHome: home } = opened.config;
    const { ok, conflicts } = await applyPatch(root, patch, { check, searchPath, home });
    if (!ok) throw doesNotFit(root, conflicts, branch);
    if (outcome !== "proven") err(`note: this change is not proven (${outcome ?? "the run has not ended"})`);
    const files = diffstat(patch.toString("utf8"));
    out(`${plural(files.length, "file")} ${check ? "would be changed" : "changed"} in ${root}`);
    out(printable(renderDiffstat(files)).replace(/^/gm, "  "));
  },
});

function doesNotFit(root: string, conflicts: string, branch: string | null): WorkspaceError {
  const first = headline(printable(conflicts).replace(/^error: /, ""), 160);
  const other = branch ? `, or take the branch: git merge ${branch}` : ", then try again";
  return new WorkspaceError(
    `the change does not fit the files in ${root}: ${first}`,
    `nothing was changed; commit or stash your own changes${other}`,
  );
}

interface Target {
  readonly run: string;
  readonly repository: string;
  readonly cwd: string;
  readonly to: string | undefined;
}

/** The working tree named by --to, or the one around the current directory if it belongs to the run's repository. */
async function targetTree({ config }: App, { run, repository, cwd, to }: Target): Promise<Repository> {
  const options = { searchPath: config.path, home: config.userHome };
  if (to !== undefined) return openRepository(resolve(cwd, to), options);
  const [here, theirs] = await Promise.all(
    [cwd, repository].map((path) => openRepository(path, options).catch(() => null)),
  );
  if (here && (here.root === repository || here.commonDir === theirs?.commonDir)) return here;
  throw new UsageError(`run ${run} belongs to ${repository}, not to ${cwd}`, "change to it, or say where: --to <path>");
}
