import { join } from "node:path";
import { ClawError } from "../errors.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { Repository } from "../repo/repository.ts";
import { foldRun } from "../views/run.ts";
import { clearAwayRun } from "./clear-away.ts";
import { reopenClone } from "./snapshots.ts";

/** What a run made, by its record. */
export interface MadeChange {
  readonly branch: string;
  readonly commit: string;
  /** Hash of the patch that was judged. */
  readonly diff: string;
}

/**
 * Makes the branch of a run in this repository from what its record keeps, where its commit is not here: the run was made
 * on another machine. The commit's own change must be the one that was judged, byte for byte.
 */
export async function restoreBranch(
  log: RunLog,
  { repository, home }: { readonly repository: Repository; readonly home: string },
  { branch, commit, diff }: MadeChange,
): Promise<void> {
  const isHere = await repository.resolve(commit).then(
    () => true,
    () => false,
  );
  if (isHere) return;
  const { started } = foldRun(log.events);
  const dir = join(home, "runs", log.run, "clone");
  try {
    const clone = await reopenClone(log, repository, started?.base ?? "", dir);
    const { patch } = await clone.diff(clone.base.tree, commit);
    const parents = await clone.parents(commit);
    if (log.put(patch) !== diff || parents.join() !== clone.base.commit)
      throw new ClawError("the commit is not the change that was judged", {
        outcome: "blocked",
        hint: `see what was judged with: claw diff ${log.run}`,
      });
    await clone.publish(commit, branch);
  } finally {
    await clearAwayRun(home, log.run);
  }
}
