import { UsageError } from "../../errors.ts";
import { committedAt } from "../../repo/history.ts";
import type { Repository } from "../../repo/repository.ts";
import { withView } from "../../repo/shadow.ts";
import { ownFile } from "../../suite/same-test.ts";
import type { ReadReport } from "./read-files.ts";

/** Clocks of machines differ. */
const SLACK_MS = 60_000;

/** A report about tests of this repository that is older than head tells of another commit: UsageError. */
export async function refuseStale(repository: Repository, reports: readonly ReadReport[]): Promise<void> {
  const made = await committedAt(repository, repository.head);
  if (made === null) return;
  const own = await ownIn(
    repository,
    reports.filter(({ madeAt }) => madeAt !== null && madeAt < made - SLACK_MS),
  );
  if (!own) return;
  throw new UsageError(
    `${own.source} is older than the commit it is read for: made ${new Date(own.madeAt ?? 0).toISOString()}, head is of ${new Date(made).toISOString()}`,
    "run the tests again, or read it all the same with --allow-stale",
  );
}

/**
 * What CI reported of a commit that is not checked out, about tests of this repository: UsageError. Head is also taken for
 * the commit that it merges, as checkouts of pull requests are.
 */
export async function refuseElsewhere(
  repository: Repository,
  commit: string,
  reports: readonly ReadReport[],
): Promise<void> {
  const { head } = repository;
  const merged = await repository.resolve(`${head}^2`).catch(() => null);
  if (commit === head || commit === merged || !(await ownIn(repository, reports))) return;
  throw new UsageError(
    `the run is of commit ${commit.slice(0, 12)}, and ${head.slice(0, 12)} is checked out`,
    `git checkout ${commit.slice(0, 12)}, or read it all the same with --allow-stale`,
  );
}

/** The first report that tells of a test of this repository. */
async function ownIn(repository: Repository, reports: readonly ReadReport[]): Promise<ReadReport | undefined> {
  if (reports.length === 0) return undefined;
  const files = await filesOf(repository);
  return reports.find(({ digest }) => digest.found.some(({ file }) => file !== null && ownFile(file, files) !== null));
}

const filesOf = (repository: Repository): Promise<ReadonlySet<string>> =>
  withView(repository, async (view) => {
    const answer = await view.git().run(["ls-tree", "-r", "-z", "--name-only", repository.head]);
    return new Set(answer.stdout.toString("utf8").split("\0"));
  });
