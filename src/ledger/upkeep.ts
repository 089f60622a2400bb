import type { RunIndex } from "../store/run-index.ts";
import type { Store } from "../store/store.ts";
import type { Sha } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { bodiesOfOldRuns, redact, type Redaction } from "./redact.ts";

/** Keeping the whole ledger: most is asked of the store as it is. */
export function upkeepOf(store: Store, { active, open }: Pick<Ledger, "active" | "open">) {
  const append = async (
    run: string,
    event: Parameters<Awaited<ReturnType<typeof open>>["append"]>[0],
  ): Promise<void> => {
    const log = await open(run);
    try {
      await log.append(event);
    } finally {
      await log.close();
    }
  };
  return {
    redact: (redaction: Redaction) => redact(store, { active, append }, redaction),
    size: () => store.size(),
    backup: (file: string) => store.backup(file),
    vacuum: () => store.vacuum(),
    bodyBytes: (shas: readonly Sha[]) => store.bodyBytes(shas),
    bodiesOfOldRuns: (before: number) => bodiesOfOldRuns(store, before),
    unindexed: (...asked: Parameters<RunIndex["unindexed"]>) => store.unindexed(...asked),
    putIndex: (entries: Parameters<RunIndex["putIndex"]>[0]) => store.putIndex(entries),
    indexed: (query: Parameters<RunIndex["indexed"]>[0]) => store.indexed(query),
    dropIndex: () => store.dropIndex(),
  };
}
