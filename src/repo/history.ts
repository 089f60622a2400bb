import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/** A commit on the way from one to another. */
export interface PastCommit {
  readonly commit: string;
  readonly tree: string;
  /** First line of its message. */
  readonly subject: string;
  /** "Name <email>" */
  readonly author: string;
}

/** The last commit that two have in common; null when none is here, as in a shallow clone. */
export const mergeBase = (repository: Repository, one: string, other: string): Promise<string | null> =>
  withView(repository, async (view) => {
    const answer = await view.git().run(["merge-base", one, other], { answers: [0, 1, 128] });
    return answer.code === 0 ? answer.stdout.toString("utf8").trim() || null : null;
  });

/** A branch as a server has it. */
export interface BranchThere {
  readonly name: string;
  /** The commit it is at; null where the server does not tell. */
  readonly tip: string | null;
  /** Is that server's repository the one called origin here? */
  readonly isOrigin: boolean;
}

/**
 * Is a commit in the history of a server's branch? By where that is now, when that commit is here, else by what was last
 * fetched of it. False also where nothing here tells.
 */
export const isInBranch = (
  repository: Repository,
  commit: string,
  { name, tip, isOrigin }: BranchThere,
): Promise<boolean> =>
  withView(repository, async (view) => {
    for (const head of [tip, isOrigin ? `refs/remotes/origin/${name}` : null]) {
      if (head === null) continue;
      const args = ["--is-ancestor", commit, head];
      const { code } = await view.git().run(["merge-base", ...args], { answers: [0, 1, 128] });
      if (code !== 128) return code === 0;
    }
    return false;
  });

/** More commits than this are not looked at. */
const MOST = 5000;

/** The commits after `from` up to `to`, oldest first, along first parents. Empty when `from` is not behind `to`, or is not here. */
export const commitsBetween = (repository: Repository, from: string, to: string): Promise<readonly PastCommit[]> =>
  withView(repository, async (view) => {
    const found: PastCommit[] = [];
    let commit: string | undefined = to;
    while (commit !== undefined && commit !== from && found.length < MOST) {
      const answer = await view.git().run(["cat-file", "commit", commit], { answers: [0, 1, 128] });
      if (answer.code !== 0) return [];
      const text = answer.stdout.toString("utf8");
      const end = text.indexOf("\n\n");
      const head = text.slice(0, end);
      found.push({
        commit,
        tree: /^tree ([0-9a-f]+)$/m.exec(head)?.[1] ?? "",
        subject: text.slice(end + 2).split("\n", 1)[0] ?? "",
        author: /^author (.*>) \d+/m.exec(head)?.[1] ?? "",
      });
      commit = /^parent ([0-9a-f]+)$/m.exec(head)?.[1];
    }
    return commit === from ? found.toReversed() : [];
  });

/** The tree of a commit; null when it is not here. */
export const treeOf = (repository: Repository, commit: string): Promise<string | null> =>
  withView(repository, async (view) => {
    const answer = await view
      .git()
      .run(["rev-parse", "--verify", "--quiet", `${commit}^{tree}`], { answers: [0, 1, 128] });
    return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
  });

/** When a commit was made, in milliseconds since the epoch; null when it is not here. */
export const committedAt = (repository: Repository, commit: string): Promise<number | null> =>
  withView(repository, async (view) => {
    const answer = await view.git().run(["cat-file", "commit", commit], { answers: [0, 1, 128] });
    const seconds = /^committer .*> (\d+)/m.exec(answer.stdout.toString("utf8"))?.[1];
    return answer.code === 0 && seconds !== undefined ? Number(seconds) * 1000 : null;
  });

/** The commit before this one; null for the first, and where a shallow clone ends. */
export const parentOf = (repository: Repository, commit: string): Promise<string | null> =>
  withView(repository, async (view) => {
    const answer = await view
      .git()
      .run(["rev-parse", "--verify", "--quiet", `${commit}^1^{commit}`], { answers: [0, 1, 128] });
    return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
  });
