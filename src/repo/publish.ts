import { ClawError, UsageError, WorkspaceError } from "../errors.ts";
import { GitFailed, type HostGit, type Identity } from "./host-git.ts";
import { signedCommit, type Signing } from "./sign.ts";
import { type Viewed, withView } from "./shadow.ts";

/** What a commit says. The committer is the author, unless somebody signs it. `at` in milliseconds since the epoch; seconds are kept. */
export interface CommitSpec {
  readonly tree: string;
  readonly parent: string;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly at: number;
  readonly signing?: Signing | undefined;
}

/** Makes a commit object: the same spec gives the same id, unless it is signed. Never signs off in anybody's name. */
export async function makeCommit(git: HostGit, spec: CommitSpec): Promise<string> {
  if (/^\s*signed-off-by\s*:/im.test(spec.message)) {
    throw new ClawError("the commit message contains a Signed-off-by line", {
      outcome: "blocked",
      hint: "only a person can sign off: add it yourself when you commit or amend",
    });
  }
  const { tree, parent, message, author, at, signing } = spec;
  const identity: Identity = { ...author, at, ...(signing && { committer: signing.committer }) };
  const commit = await git.line(["commit-tree", tree, "-p", parent, "-F", "-"], { stdin: message, identity });
  return signing ? signedCommit(git, commit, (bytes) => signing.sign(bytes)) : commit;
}

/** Branches claw may make in the user's repository begin with this. */
const prefix = "claw/";

/**
 * Makes `branch` in a repository at `commit`, taking the objects there first that are in none of the `known` commits. An
 * existing branch is never moved; when it is at `commit` already, there is nothing to do.
 */
export async function publishBranch(
  repository: Viewed,
  git: HostGit,
  made: { known: readonly string[]; commit: string; branch: string },
) {
  const { commit, branch } = made;
  const ref = `refs/heads/${branch}`;
  const valid = branch.startsWith(prefix) && (await git.run(["check-ref-format", ref], { answers: [0, 1] })).code === 0;
  if (!valid)
    throw new UsageError(
      `${JSON.stringify(branch)} cannot be a branch of claw`,
      `it must begin with ${prefix} and be a branch name git accepts`,
    );
  const wanted = [commit, ...made.known.map((one) => `^${one}`)];
  const pack = await git.run(["pack-objects", "--revs", "--stdout", "-q"], { stdin: `${wanted.join("\n")}\n` });

  await withView(repository, async (view) => {
    const theirs = view.git({ objectDir: `${repository.commonDir}/objects` });
    if ((await branchAt(theirs, ref)) === commit) return;
    await theirs.run(["unpack-objects", "-q", "--strict"], { stdin: pack.stdout });
    try {
      await theirs.run(["update-ref", "--no-deref", ref, commit, "0".repeat(commit.length)]);
    } catch (error) {
      const there = await branchAt(theirs, ref);
      if (there === commit) return;
      if (!(error instanceof GitFailed)) throw error;
      const why = there ? `it exists already, at ${there.slice(0, 12)}` : error.stderr;
      throw new WorkspaceError(
        `branch ${branch} was not made: ${why}`,
        "claw moves no branch: rename or delete what is in the way, then publish",
        error,
      );
    }
  });
}

async function branchAt(git: HostGit, ref: string): Promise<string | null> {
  const answer = await git.run(["rev-parse", "--verify", "--quiet", ref], { answers: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
}
