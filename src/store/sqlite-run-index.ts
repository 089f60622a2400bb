import type { Database } from "better-sqlite3";
import type { IndexEntry, IndexQuery, Listing, RunIndex } from "./run-index.ts";
import { streamRanges } from "./stream-ranges.ts";
import { inTransaction, whenFree } from "./sqlite-lock.ts";
import type { Pages } from "./store.ts";

type Listings = Pick<Pages, "listing" | "strayListings">;

export function sqliteRunIndex(db: Database): RunIndex & Listings {
  const sql = {
    stale: db.prepare("SELECT run FROM runs WHERE last > indexed AND run >= ? AND run < ? ORDER BY run DESC"),
    staleOfPage: db.prepare(
      "SELECT run FROM (SELECT run, last, indexed FROM runs WHERE run >= ? AND run <= ? ORDER BY run DESC LIMIT ?) WHERE last > indexed",
    ),
    put: db.prepare(
      `INSERT OR REPLACE INTO run_index (run, last, started, workflow, repository, outcome, parent, shown)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    mark: db.prepare("UPDATE runs SET indexed = ? WHERE run = ?"),
    listed: db.prepare(
      `SELECT indexed, run_index.run AS run, run_index.last AS last, started, workflow, repository, outcome, parent, shown
       FROM runs LEFT JOIN run_index ON run_index.run = runs.run WHERE runs.run = ?`,
    ),
    stray: db.prepare("SELECT run FROM run_index WHERE run NOT IN (SELECT run FROM runs) LIMIT ?"),
  };
  return {
    unindexed: (page, kind = "run") =>
      whenFree(db, () => {
        const [first, end] = streamRanges[kind];
        const found = page ? sql.staleOfPage.all(first, page.from ?? end, page.newest) : sql.stale.all(first, end);
        return (found as { run: string }[]).map(({ run }) => run);
      }),
    putIndex: (entries) =>
      inTransaction(db, () => {
        for (const { run, last, started, workflow, repository, outcome, parent, shown } of entries) {
          sql.put.run(run, last, started, workflow, repository, outcome, parent, shown);
          sql.mark.run(last, run);
        }
      }),
    indexed: (query) => whenFree(db, () => select(db, query)),
    listing: (run) =>
      whenFree(db, (): Listing => {
        const found = sql.listed.get(run) as (IndexEntry & { indexed: number; run: string | null }) | undefined;
        if (!found) return { entry: null, upTo: -1 };
        const { indexed, ...entry } = found;
        return { entry: found.run === null ? null : entry, upTo: indexed };
      }),
    strayListings: (limit) => whenFree(db, () => (sql.stray.all(limit) as { run: string }[]).map(({ run }) => run)),
    dropIndex: () =>
      inTransaction(db, () => {
        db.exec("DELETE FROM run_index; UPDATE runs SET indexed = -1");
      }),
  };
}

/**
 * Run ids begin with the time, so newest first is the order of every index, and the first run that is too old ends the
 * search. Ids of tasks do not: of these all are looked at.
 */
function select(db: Database, { since, after, limit, kind = "run", ...equal }: IndexQuery): IndexEntry[] {
  const [first, end] = streamRanges[kind];
  const given = Object.entries(equal).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const conditions = [...given.map(([column]) => `${column} = ?`), "run >= ?", "run < ?"];
  const rows = db
    .prepare(
      `SELECT run, last, started, workflow, repository, outcome, parent, shown FROM run_index
       WHERE ${conditions.join(" AND ")} ORDER BY run DESC`,
    )
    .iterate(...given.map(([, value]) => value), first, after ?? end) as IterableIterator<IndexEntry>;
  const found: IndexEntry[] = [];
  for (const entry of rows) {
    if (since !== undefined && entry.started < since) {
      if (kind === "run" && entry.last >= 0) break;
      continue; // nobody knows when a damaged one began
    }
    found.push(entry);
    if (found.length === limit) break;
  }
  return found;
}
