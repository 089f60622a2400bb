import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { removeTree } from "../sandbox/remove-tree.ts";
import { restoredTree } from "./snapshots.ts";
import type { WorkDesk } from "./workflow.ts";

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/**
 * The directory a session works in, made from `tree` on first use. It appears under its name only when it is complete,
 * so that after a crash it is either as the session left it or absent. Where the files of a run were lost, it is as it was
 * last kept in the record.
 */
export async function workspaceFor(desk: WorkDesk, name: string, tree: string): Promise<string> {
  const dir = join(desk.dir, "workspaces", name);
  if (await exists(dir)) return dir;
  const begun = desk.log.events.some((event) => event.type === "session.started" && event.session === name);
  const begin = begun ? restoredTree(desk.log, name, tree) : tree;
  const making = join(desk.dir, "workspaces", `.${name}.new`);
  await removeTree(making);
  await mkdir(dirname(making), { recursive: true, mode: 0o700 });
  await desk.clone.checkout(begin, making);
  await desk.clone.move(making, dir);
  if (begun) await desk.log.append({ type: "workspace.restored", workspace: name, tree: begin });
  return dir;
}

/** A clean checkout of `tree` for as long as `use` runs. */
export async function withCheckout<T>(desk: WorkDesk, tree: string, use: (dir: string) => Promise<T>): Promise<T> {
  const dir = join(desk.dir, "checkouts", `${tree.slice(0, 12)}-${desk.clock.newId()}`);
  await mkdir(dirname(dir), { recursive: true, mode: 0o700 });
  try {
    await desk.clone.checkout(tree, dir);
    return await use(dir);
  } finally {
    await removeTree(dir);
  }
}
