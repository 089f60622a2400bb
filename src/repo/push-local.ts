import { ClawError, WorkspaceError } from "../errors.ts";
import { openBare } from "./bare.ts";
import { type ClaimSpec, makeClaim, publishBranch } from "./publish.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/**
 * Makes `branch` at `commit`, and the claim with it, in the bare repository at `path`, as a push would, without running
 * anything there. Doing it twice does no harm; a branch that is elsewhere is never moved.
 */
export async function pushLocal(
  repository: Repository,
  {
    path,
    commit,
    branch,
    claim,
  }: {
    readonly path: string;
    readonly commit: string;
    readonly branch: string;
    readonly claim?: ClaimSpec | undefined;
  },
): Promise<void> {
  const bare = await openBare(path, repository);
  const theirs = await withView(bare, (view) =>
    view.git().line(["for-each-ref", "--format=%(objectname)", "refs/heads", "refs/tags"]),
  );
  try {
    await withView(repository, async (view) => {
      const git = view.git();
      const known = await git.line(["cat-file", "--batch-check=%(objectname) %(objecttype)"], { stdin: `${theirs}\n` });
      const shared = known.split("\n").flatMap((line) => /^([0-9a-f]+) (?:commit|tag)$/.exec(line)?.[1] ?? []);
      const claims = claim ? { [claim.ref]: await makeClaim(git, claim, commit) } : {};
      await publishBranch(bare, git, { known: shared, commit, branch, claims });
    });
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new ClawError(`${branch} is in ${path} already, with other commits`, {
      outcome: "forge-unavailable",
      hint: "somebody pushed to it: claw moves no branch; start a new run",
      cause: error,
    });
  }
}
