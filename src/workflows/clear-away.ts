import { join } from "node:path";
import { removeTree } from "../sandbox/remove-tree.ts";

/** An ended run needs its files no more: its changes are bodies in the ledger. The report stays. */
export async function clearAwayRun(home: string, run: string): Promise<void> {
  const parts = ["workspaces", "checkouts", "dependencies", "dependencies.new", "clone", "clone.new"];
  await Promise.all(parts.map((part) => removeTree(join(home, "runs", run, part)).catch(() => {})));
}
