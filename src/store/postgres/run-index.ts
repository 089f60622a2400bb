import type { IndexEntry, IndexQuery, Listing, RunIndex } from "../run-index.ts";
import type { Pages } from "../store.ts";
import { streamRanges } from "../stream-ranges.ts";
import type { Database, Sql } from "./database.ts";

const COLUMNS = "run, last, started, workflow, repository, outcome, parent, shown";
/** Entries read at once while one is looked for that is not too old. */
const AT_ONCE = 200;

/** The list of runs: see `RunIndex`. */
export function runIndexOf(db: Database): RunIndex & Pick<Pages, "listing" | "strayListings"> {
  return {
    unindexed: (page, kind = "run") =>
      db.read(async (sql) => {
        const [first, end] = streamRanges[kind];
        const found = await (page
          ? sql<{ run: string }>(
              `SELECT run FROM (SELECT run, last, indexed FROM claw.runs WHERE run >= $1 AND run <= $2
                 ORDER BY run DESC LIMIT $3) AS page WHERE last > indexed ORDER BY run DESC`,
              first,
              page.from ?? end,
              page.newest,
            )
          : sql<{ run: string }>(
              "SELECT run FROM claw.runs WHERE last > indexed AND run >= $1 AND run < $2 ORDER BY run DESC",
              first,
              end,
            ));
        return found.map(({ run }) => run);
      }),
    putIndex: (entries) => db.write((sql) => put(sql, entries)),
    indexed: (query) => db.read((sql) => select(sql, query)),
    listing: (run) =>
      db.read(async (sql): Promise<Listing> => {
        const [found] = await sql<IndexEntry & { indexed: number; there: string | null }>(
          `SELECT runs.indexed, entry.run AS there, entry.* FROM claw.runs AS runs
           LEFT JOIN claw.run_index AS entry ON entry.run = runs.run WHERE runs.run = $1`,
          run,
        );
        if (!found) return { entry: null, upTo: -1 };
        const { indexed, there, ...entry } = found;
        return { entry: there === null ? null : entry, upTo: indexed };
      }),
    strayListings: (limit) =>
      db.read(async (sql) => {
        const found = await sql<{ run: string }>(
          "SELECT run FROM claw.run_index WHERE run NOT IN (SELECT run FROM claw.runs) LIMIT $1",
          limit,
        );
        return found.map(({ run }) => run);
      }),
    dropIndex: () =>
      db.write(async (sql) => {
        void sql("DELETE FROM claw.run_index");
        await sql("UPDATE claw.runs SET indexed = -1");
      }),
  };
}

async function put(sql: Sql, entries: readonly IndexEntry[]): Promise<void> {
  const ordered = entries.toSorted((one, other) => (one.run < other.run ? -1 : 1));
  for (const { run, last, started, workflow, repository, outcome, parent, shown } of ordered) {
    void sql("UPDATE claw.runs SET indexed = $2 WHERE run = $1", run, last);
    await sql(
      `INSERT INTO claw.run_index (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (run) DO UPDATE SET last = excluded.last, started = excluded.started, workflow = excluded.workflow,
         repository = excluded.repository, outcome = excluded.outcome, parent = excluded.parent, shown = excluded.shown`,
      run,
      last,
      started,
      workflow,
      repository,
      outcome,
      parent,
      shown,
    );
  }
}

/**
 * Run ids begin with the time, so newest first is the order of every index, and the first run that is too old ends the
 * search. Ids of tasks do not: of these all are looked at.
 */
async function select(
  sql: Sql,
  { since, after, limit, kind = "run", ...equal }: IndexQuery,
): Promise<readonly IndexEntry[]> {
  const [first, end] = streamRanges[kind];
  const given = Object.entries(equal).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const conditions = given.map(([column], at) => `${column} = $${at + 4}`);
  const found: IndexEntry[] = [];
  for (let before = after ?? end; ;) {
    const page = await sql<IndexEntry>(
      `SELECT ${COLUMNS} FROM claw.run_index WHERE ${["run >= $1 AND run < $2", ...conditions].join(" AND ")}
       ORDER BY run DESC LIMIT $3`,
      first,
      before,
      AT_ONCE,
      ...given.map(([, value]) => value),
    );
    for (const entry of page) {
      if (since !== undefined && entry.started < since) {
        if (kind === "run" && entry.last >= 0) return found;
        continue; // nobody knows when a damaged one began
      }
      found.push(entry);
      if (found.length === limit) return found;
    }
    const last = page.at(-1);
    if (!last || page.length < AT_ONCE) return found;
    before = last.run;
  }
}
