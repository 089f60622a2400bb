import { mkdir, rename } from "node:fs/promises";
import type { Recorded } from "../ledger/events.ts";
import type { RunLog } from "../ledger/ledger.ts";
import { WorkspaceError } from "../errors.ts";
import { type Clone, createClone, isClone, openClone } from "../repo/clone.ts";
import type { Repository } from "../repo/repository.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import { latest, ofType } from "../views/run.ts";
import type { WorkDesk } from "./workflow.ts";

/** Snapshots of a session at work take at most one part in so many of its time. */
const SHARE = 20;

/** Puts what a tree holds on record, as git objects, unless it is there. */
export async function keepTree(
  { log, clone }: Pick<WorkDesk, "log" | "clone">,
  workspace: string,
  tree: string,
): Promise<void> {
  if (tree === clone.base.tree || ofType(log.events, "snapshot.taken").some((taken) => taken.tree === tree)) return;
  const parent = latest(log.events, "snapshot.taken")?.commit ?? clone.base.commit;
  const { commit, pack } = await clone.pack(tree, parent);
  await log.append({ type: "snapshot.taken", workspace, tree, commit, pack: log.put(pack) });
}

/** Puts a commit that is about to leave the run on record: it says when it was made, so none could be made like it again. */
export async function keepCommit(
  { log, clone }: Pick<WorkDesk, "log" | "clone">,
  { tree, commit }: { readonly tree: string; readonly commit: string },
): Promise<void> {
  const beyond = latest(log.events, "snapshot.taken")?.commit ?? clone.base.commit;
  const pack = log.put(await clone.packOf(commit, beyond));
  await log.append({ type: "snapshot.taken", workspace: "publish", tree, commit, pack });
}

/**
 * Keeps what a session has made so far: to be called while the workspace rests. Does nothing when no call could have changed
 * anything since the last time, or when the last time was not long enough ago for what it took.
 */
export function workspaceKeeper(
  desk: Pick<WorkDesk, "log" | "clone" | "clock">,
  workspace: string,
  dir: string,
): () => Promise<void> {
  let seen = 0;
  let notBefore = 0;
  return async () => {
    const { log, clone, clock } = desk;
    const startedAt = clock.now();
    const changing = lastChange(log.events, workspace);
    if (changing <= seen || startedAt < notBefore) return;
    seen = changing;
    await keepTree(desk, workspace, await clone.snapshot(dir));
    const finishedAt = clock.now();
    notBefore = finishedAt + SHARE * (finishedAt - startedAt);
  };
}

/** Number of the last call of a session that may have changed its workspace; -1 when there was none. */
function lastChange(events: readonly Recorded[], session: string): number {
  const call = events.findLast(
    (event) => event.type === "call.judged" && event.session === session && /^(write|execute)$/.test(event.effect),
  );
  return call?.seq ?? -1;
}

/** A run's clone as it was left; where it is gone, made anew with the git objects on record. */
export async function reopenClone(log: RunLog, repository: Repository, base: string, dir: string): Promise<Clone> {
  if (await isClone(dir)) return openClone(repository, base, dir);
  const making = `${dir}.new`;
  await removeTree(making);
  await mkdir(making, { recursive: true, mode: 0o700 });
  await restoreObjects(log, await createClone(repository, base, making));
  await rename(making, dir);
  return openClone(repository, base, dir);
}

/** Gives a clone what a run's record keeps of its files. Throws WorkspaceError when some were never kept. */
export async function restoreObjects(log: Pick<RunLog, "run" | "events" | "bytes">, clone: Clone): Promise<void> {
  for (const { pack } of ofType(log.events, "snapshot.taken")) await clone.unpack(await log.bytes(pack));
  for (const { to } of ofType(log.events, "diff.taken")) {
    if (await clone.has(to)) continue;
    throw new WorkspaceError(
      `the files of run ${log.run} are gone, and its record does not hold all that was in them`,
      "start a new run; what it had found is in: claw show",
    );
  }
}

/** The tree to begin a lost workspace with: what was kept of it last, otherwise what it was made from. */
export function restoredTree({ events }: Pick<RunLog, "events">, workspace: string, from: string): string {
  for (const event of events.toReversed()) {
    if (event.type === "snapshot.taken" && event.workspace === workspace) return event.tree;
    // Its files were kept before, and may be older than what was kept last.
    if (event.type === "turn.ended" && event.session === workspace) return event.tree;
    if (event.type === "turn.undone" && event.session === workspace) return event.to;
  }
  return from;
}

/** What a session must be told after its workspace was made anew; null when nothing, or when it was told. */
export function restoredNote({ events }: Pick<RunLog, "events">, workspace: string): string | null {
  const restored = ofType(events, "workspace.restored").findLast((event) => event.workspace === workspace);
  if (!restored) return null;
  const told = ofType(events, "message.added").some(
    ({ session, about, seq }) => session === workspace && about === "restored" && seq > restored.seq,
  );
  const changed = lastChange(events.slice(0, restored.seq), workspace);
  // At the end of a turn with a person all is kept.
  const kept = events.findLast(
    (event) =>
      (event.type === "snapshot.taken" && event.workspace === workspace) ||
      (event.type === "turn.ended" && event.session === workspace),
  );
  if (told || changed < 0 || (kept && kept.seq > changed && kept.seq < restored.seq)) return null;
  return "claw: the machine lost your workspace. Its files are back as they were earlier in this session: changes of your last calls may be missing. Look before you go on.";
}
