import { type Viewed, withView } from "./shadow.ts";
import { nameToText, splitNul } from "./trees.ts";

/** Paths of the user's working tree from its root, in order: tracked files, and new ones that are not ignored. */
export async function filesOf(repository: Viewed & { readonly root: string }): Promise<readonly string[]> {
  return withView(repository, async (view) => {
    const git = view.git({ workTree: repository.root, indexFile: await view.index() });
    const listed = await git.run(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    return [...new Set(splitNul(listed.stdout).map(nameToText))].toSorted();
  });
}
