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

/** A claim on an issue: its ref, and what its commit says. */
export interface ClaimSpec {
  readonly ref: string;
  readonly message: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/** Makes the commit of a claim, which stands on the commit that it is for and changes nothing in it. Never signed. */
export const makeClaim = async (git: HostGit, { message, at }: ClaimSpec, commit: string): Promise<string> =>
  makeCommit(git, {
    tree: await git.line(["rev-parse", "--verify", `${commit}^{tree}`]),
    parent: commit,
    message,
    author: { name: "claw", email: "claw@localhost" },
    at,
  });

/** Branches claw may make in the user's repository begin with this. */
const prefix = "claw/";

/**
 * Makes `branch` in a repository at `commit`, taking the objects there first that are in none of the `known` commits, and
 * `claims`, commits by their refs, in the same step: all or none. What exists is never moved; when the branch is at `commit`
 * already and there are no claims, there is nothing to do.
 */
export async function publishBranch(
  repository: Viewed,
  git: HostGit,
  made: { known: readonly string[]; commit: string; branch: string; claims?: Readonly<Record<string, string>> },
) {
  const { commit, branch, claims = {} } = made;
  const ref = `refs/heads/${branch}`;
  const valid = branch.startsWith(prefix) && (await git.run(["check-ref-format", ref], { answers: [0, 1] })).code === 0;
  if (!valid)
    throw new UsageError(
      `${JSON.stringify(branch)} cannot be a branch of claw`,
      `it must begin with ${prefix} and be a branch name git accepts`,
    );
  const wanted = [commit, ...Object.values(claims), ...made.known.map((one) => `^${one}`)];
  const pack = await git.run(["pack-objects", "--revs", "--stdout", "-q"], { stdin: `${wanted.join("\n")}\n` });

  await withView(repository, async (view) => {
    const theirs = view.git({ objectDir: `${repository.commonDir}/objects` });
    const isThere = (await branchAt(theirs, ref)) === commit;
    const refs = [...(isThere ? [] : [[ref, commit] as const]), ...Object.entries(claims)];
    if (refs.length === 0) return;
    await theirs.run(["unpack-objects", "-q", "--strict"], { stdin: pack.stdout });
    try {
      // One transaction: git locks all of them before it makes the first.
      const orders = refs.map(([name, at]) => `create ${name} ${at}\n`).join("");
      await theirs.run(["update-ref", "--no-deref", "--stdin"], { stdin: orders });
    } catch (error) {
      const there = await branchAt(theirs, ref);
      if (there === commit && refs.length === 1 && !isThere) return;
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
