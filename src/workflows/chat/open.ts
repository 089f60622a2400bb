import { z } from "zod";
import { plural } from "../../text.ts";
import { Setup } from "../fix/setup.ts";
import { baseNotes } from "../fix/setup.ts";
import { installed } from "../private-room.ts";
import { checkRoles } from "../role-for.ts";
import { keepTree } from "../snapshots.ts";
import type { WorkDesk } from "../workflow.ts";

/** Name of the one session of such a run, and of its workspace. */
export const SESSION = "chat";

/** `tree`: the files that the session begins with. */
export const Opened = Setup.extend({ tree: z.string(), uncommitted: z.boolean() });
export type Opened = z.infer<typeof Opened>;

/** The person's files as they are, with what they have not committed, and the packages that are installed there. */
export async function openWorkspace(desk: WorkDesk): Promise<Opened> {
  await checkRoles(desk);
  const { clone, repository } = desk;
  const uncommitted = await repository.dirty();
  const [tree, dependencies, notes] = await Promise.all([
    uncommitted ? clone.snapshot(repository.root) : clone.base.tree,
    installed(desk),
    baseNotes({ repository: { ...repository, dirty: () => Promise.resolve(false) }, clone }),
  ]);
  await keepTree(desk, SESSION, tree);
  const changed = uncommitted ? (await clone.diff(clone.base.tree, tree)).files.length : 0;
  const told = changed > 0 ? [`it begins with ${plural(changed, "uncommitted file")} of yours`] : [];
  return { dependencies: [...dependencies], notes: [...notes, ...told], tree, uncommitted: tree !== clone.base.tree };
}
