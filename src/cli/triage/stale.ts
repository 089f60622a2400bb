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
  const old = reports.filter(({ madeAt }) => madeAt !== null && madeAt < made - SLACK_MS);
  if (old.length === 0) return;
  const files = await filesOf(repository);
  const own = old.find(({ digest }) => digest.found.some(({ file }) => file !== null && ownFile(file, files) !== null));
  if (!own) return;
  throw new UsageError(
    `${own.source} is older than the commit it is read for: made ${new Date(own.madeAt ?? 0).toISOString()}, head is of ${new Date(made).toISOString()}`,
    "run the tests again, or read it all the same with --allow-stale",
  );
}

const filesOf = (repository: Repository): Promise<ReadonlySet<string>> =>
  withView(repository, async (view) => {
    const answer = await view.git().run(["ls-tree", "-r", "-z", "--name-only", repository.head]);
    return new Set(answer.stdout.toString("utf8").split("\0"));
  });
