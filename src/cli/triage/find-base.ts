import type { Config } from "../../config.ts";
import { mergeBase, parentOf } from "../../repo/history.ts";
import type { Repository } from "../../repo/repository.ts";

/** The commit to compare with, and what a person should know about it; null when none can be reached. */
export interface Base {
  readonly commit: string | null;
  readonly because: string;
}

const deepen = "deepen it: git fetch --unshallow, or fetch-depth: 0 for actions/checkout";

/**
 * What head is compared with: the last commit it shares with the given one, or with the branch that a pull request goes
 * into, or the default branch; the commit before, when head is on that branch already.
 */
export async function findBase(
  repository: Repository,
  against: string | undefined,
  { actions }: Pick<Config, "actions">,
): Promise<Base> {
  const { head, shallow } = repository;
  const named = against === undefined ? undefined : await repository.resolve(against);
  const target = named ?? (await firstThere(repository, candidates(actions?.baseRef)));
  const because = shallow
    ? `the clone is shallow, so there is no base to compare with: ${deepen}`
    : "there is no base to compare with: name one with --against";
  if (target === undefined) return { commit: null, because };
  const shared = await mergeBase(repository, head, target);
  if (shared === null) {
    // Asked for by a person: it is compared with as it is.
    if (named !== undefined)
      return {
        commit: named,
        because: shallow
          ? `the clone is shallow: compared with ${against} itself; ${deepen}`
          : `head and ${against} share no commit: compared with ${against} itself`,
      };
    return { commit: null, because };
  }
  if (shared !== head) return { commit: shared, because: "" };
  const before = await parentOf(repository, head);
  if (before === null)
    return {
      commit: null,
      because: shallow ? because : "head is the first commit, so there is no base to compare with",
    };
  return {
    commit: before,
    because: `head is on ${against ?? "the default branch"} already: compared with the commit before it`,
  };
}

const candidates = (baseRef: string | undefined): string[] => [
  ...(baseRef ? [`refs/remotes/origin/${baseRef}`, baseRef] : []),
  "refs/remotes/origin/HEAD",
  "refs/remotes/origin/main",
  "refs/remotes/origin/master",
  "refs/heads/main",
  "refs/heads/master",
];

async function firstThere(repository: Repository, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const commit = await repository.resolve(name).catch(() => undefined);
    if (commit !== undefined) return commit;
  }
  return undefined;
}
