import { readTrailers } from "./commit-message.ts";
import type { HostGit } from "./host-git.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/** A commit that claw made, by what its message says. */
export interface ClawCommit {
  readonly commit: string;
  /** The run it came from, and the head of its ledger then: SHA-256, hex. */
  readonly run: string;
  readonly record: string;
}

/** The newest commits of the branches below claw/, where they are claw's own. */
export function clawBranches(repository: Repository): Promise<readonly (ClawCommit & { readonly branch: string })[]> {
  return withView(repository, async (view) => {
    const format = "--format=%(refname:lstrip=2)%00%(objectname)%00%(contents)%00%00";
    const { stdout } = await view.git().run(["for-each-ref", format, "refs/heads/claw/"]);
    return stdout
      .toString("utf8")
      .split("\0\0\n")
      .flatMap((entry) => {
        const [branch = "", commit = "", message = ""] = entry.split("\0");
        const trailers = readTrailers(message);
        return trailers ? [{ branch, commit, ...trailers }] : [];
      });
  });
}

/** What the message of a commit says of the run it came from; null for a commit that is not claw's. */
export function readClawCommit(repository: Repository, commit: string): Promise<ClawCommit | null> {
  return withView(repository, async (view) => {
    const { stdout } = await view.git().run(["cat-file", "commit", commit]);
    const trailers = readTrailers(stdout.toString("utf8"));
    return trailers && { commit, ...trailers };
  });
}

/** What a repository shows today of a commit that a run left on a branch. */
export interface CommitFate {
  readonly branch: "there" | "moved" | "gone";
  /** Is the commit part of what is checked out? */
  readonly inHead: boolean;
  /** Files of the change that differ now from what the commit made of them. */
  readonly overwritten: readonly string[];
}

/** Null when the repository does not have the commit. */
export function fateOf(
  repository: Repository,
  { commit, branch }: { readonly commit: string; readonly branch: string | null },
): Promise<CommitFate | null> {
  return withView(repository, async (view) => {
    const git = view.git();
    if ((await git.run(["cat-file", "-e", `${commit}^{commit}`], { answers: [0, 1, 128] })).code !== 0) return null;
    const ref = `refs/heads/${branch ?? ""}^{commit}`;
    const at = await git.run(["rev-parse", "--verify", "--quiet", ref], { answers: [0, 1, 128] });
    const tip = at.code === 0 ? at.stdout.toString("utf8").trim() : null;
    const inHead =
      (await git.run(["merge-base", "--is-ancestor", commit, repository.head], { answers: [0, 1] })).code === 0;
    const overwritten = inHead ? await changedSince(git, commit, repository.head) : [];
    return { branch: tip === null ? "gone" : tip === commit ? "there" : "moved", inHead, overwritten };
  });
}

async function changedSince(git: HostGit, commit: string, head: string): Promise<string[]> {
  const names = async (...between: string[]): Promise<string[]> => {
    const { stdout } = await git.run([
      "diff-tree",
      "-r",
      "-z",
      "--name-only",
      "--no-commit-id",
      "--no-renames",
      ...between,
    ]);
    return stdout.toString("utf8").split("\0").filter(Boolean);
  };
  const later = new Set(await names(commit, head));
  return (await names(commit)).filter((path) => later.has(path));
}
