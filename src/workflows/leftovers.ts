import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ledger } from "../ledger/ledger.ts";
import { orphans } from "../ledger/owned-name.ts";
import { viewPrefix } from "../repo/shadow.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import { clearAwayRun } from "./clear-away.ts";

/** Directories of runs that are looked at: more were looked at when later ones began. */
const RECENT = 50;

/**
 * Removes what processes that were killed have left behind and nobody will use again: private views and rooms, the
 * directories of runs that never began, and the files of runs that ended. What a run needs to be resumed stays. Never
 * fails: what cannot be removed now is tried again with the next run.
 */
export async function sweepLeftovers({ home, ledger }: { readonly home: string; readonly ledger: Ledger }) {
  const sandbox = join(home, "sandbox");
  const owned = await Promise.all([
    orphans(tmpdir(), viewPrefix),
    ...["rooms", "plans"].map((name) => orphans(join(home, name), "")),
    orphans(sandbox, "draft-"),
    orphans(sandbox, "examination-"),
    orphans(join(sandbox, "self-test"), "run-"),
  ]);
  await Promise.all(owned.flat().map((path) => removeTree(path).catch(() => {})));
  await ledger.abandoned().catch(() => []);
  await sweepRuns(home, ledger).catch(() => {});
}

async function sweepRuns(home: string, ledger: Ledger): Promise<void> {
  const names = await readdir(join(home, "runs"));
  const newest = new Map((await ledger.newest(RECENT)).map((ends) => [ends.run, ends]));
  for (const run of names.toSorted((one, other) => (one < other ? 1 : -1)).slice(0, RECENT)) {
    const dir = join(home, "runs", run);
    const known = newest.get(run);
    if (known?.last.type === "run.ended" && !known.active) await clearAwayRun(home, run);
    // It was claimed before its directory was made: nobody is about to begin it.
    const begun = known !== undefined || (await ledger.find(run)).length > 0 || (await ledger.active(run));
    if (!begun) await removeTree(dir).catch(() => {});
  }
}
