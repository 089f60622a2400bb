import { join } from "node:path";
import { removeTree } from "../sandbox/remove-tree.ts";

/** An ended run needs its files no more: its changes are bodies in the ledger. The report stays. */
export const clearAwayRun = (home: string, run: string): Promise<void> => clearAwayFiles(join(home, "runs", run));

/** The same for a run's directory. All that is in the record can be restored from there. */
export async function clearAwayFiles(dir: string): Promise<void> {
  const parts = ["workspaces", "checkouts", "dependencies", "dependencies.new", "clone", "clone.new"];
  await Promise.all(parts.map((part) => removeTree(join(dir, part)).catch(() => {})));
}
