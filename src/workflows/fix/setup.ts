import { lstat } from "node:fs/promises";
import { z } from "zod";
import { plural } from "../../text.ts";
import { prepareDependencies } from "../dependencies.ts";
import { checkRoles } from "../role-for.ts";
import type { WorkDesk } from "../workflow.ts";

export const Setup = z.object({
  dependencies: z.array(z.object({ dir: z.string(), source: z.string() })),
  /** What a person should know about the base, one sentence each. */
  notes: z.array(z.string()),
});
export type Setup = z.infer<typeof Setup>;

/** The base as it is, and the packages its tests need. */
export const setUp = async (desk: WorkDesk): Promise<Setup> => {
  await checkRoles(desk);
  const notes = await baseNotes(desk);
  return { dependencies: await prepareDependencies(desk), notes };
};

/** The same after an interruption: packages that were installed for the run and are gone are installed once more. */
export async function stillSetUp(desk: WorkDesk, setup: Setup): Promise<Setup> {
  const there = await Promise.all(setup.dependencies.map(({ source }) => lstat(source).catch(() => null)));
  return there.every(Boolean) ? setup : { ...setup, dependencies: await prepareDependencies(desk) };
}

/** What a person should know about the base, one sentence each. */
export async function baseNotes({ repository, clone }: Pick<WorkDesk, "repository" | "clone">): Promise<string[]> {
  const [dirty, { submodules, lfsPointers }] = await Promise.all([
    repository.dirty(),
    repository.notes(clone.base.commit),
  ]);
  return [
    ...(dirty ? ["the working tree has uncommitted changes: the run starts from the commit, without them"] : []),
    ...(repository.branch === null ? ["HEAD is detached: the run starts from the commit it is at"] : []),
    ...(repository.shallow ? ["the repository is a shallow clone"] : []),
    ...(submodules.length > 0
      ? [`${plural(submodules.length, "submodule")} left empty: ${submodules.slice(0, 3).join(", ")}`]
      : []),
    ...(lfsPointers.length > 0
      ? [`${plural(lfsPointers.length, "git-lfs file")} left as pointers: ${lfsPointers.slice(0, 3).join(", ")}`]
      : []),
  ];
}
