import { lookedAt, type Packed, type PackedBody, unpacked } from "../packed.ts";
import { type AnchorRow, type ListedRun, type Row, type Store, TASK_PREFIX } from "../store.ts";
import type { Database } from "./database.ts";

const ROW = "run, seq, body, hash";

/** Everything that is only read. */
export function pagesOf(
  db: Database,
): Pick<Store, "rows" | "isExact" | "anchors" | "ends"> & ReturnType<typeof bodiesOf> & ReturnType<typeof listOf> {
  return {
    rows: (run, from = 0, limit) =>
      db.read((sql) =>
        sql<Row>(
          `SELECT ${ROW} FROM claw.events WHERE run = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
          run,
          from,
          limit ?? null,
        ),
      ),
    // PostgreSQL takes nothing for text that is none.
    isExact: async () => true,
    anchors: (from = 0, limit) =>
      db.read((sql) =>
        sql<AnchorRow>("SELECT * FROM claw.anchors WHERE seq >= $1 ORDER BY seq LIMIT $2", from, limit ?? null),
      ),
    ends: async (limit) => {
      const rows = await db.read((sql) => sql<Row>(ENDS, limit, TASK_PREFIX));
      // A run whose rows somebody deleted has no ends; the anchors still know of it.
      const runs = [...Map.groupBy(rows, ({ run }) => run).values()];
      return runs.flatMap(([first, last]) => (first && last ? [{ first, last }] : []));
    },
    ...bodiesOf(db),
    ...listOf(db),
  };
}

function bodiesOf(db: Database): Pick<Store, "blob" | "storedBody" | "bodiesAfter" | "lacking"> {
  const bodies = (where: string, ...values: readonly unknown[]) =>
    db.read((sql) => sql<PackedBody>(`SELECT sha, encoding, size, data FROM claw.blobs WHERE ${where}`, ...values));
  return {
    blob: async (sha) => {
      const [found] = await db.read((sql) => sql<Packed>("SELECT encoding, data FROM claw.blobs WHERE sha = $1", sha));
      return found ? unpacked(found) : null;
    },
    storedBody: async (sha) => {
      const [found] = await bodies("sha = $1", sha);
      return found ? lookedAt(found) : null;
    },
    bodiesAfter: async (after, limit) => (await bodies("sha > $1 ORDER BY sha LIMIT $2", after, limit)).map(lookedAt),
    lacking: async (shas) => {
      const found = await db.read((sql) =>
        sql<{ sha: string }>("SELECT sha FROM claw.blobs WHERE sha = ANY($1)", [...shas]),
      );
      const there = new Set(found.map(({ sha }) => sha));
      return shas.filter((sha) => !there.has(sha));
    },
  };
}

function listOf(db: Database): Pick<Store, "runAfter" | "listedRun" | "find"> {
  return {
    runAfter: (after) => db.read(async (sql) => (await sql<ListedRun>(RUN_AFTER, after))[0] ?? null),
    listedRun: (run) =>
      db.read(async (sql) => {
        const [found] = await sql<ListedRun>("SELECT run, last FROM claw.runs WHERE run = $1", run);
        return found ?? { run, last: null };
      }),
    find: async (prefix) => {
      const found = await db.read((sql) =>
        sql<{ run: string }>(
          "SELECT run FROM claw.runs WHERE run >= $1 AND run < $2 ORDER BY run LIMIT 10",
          prefix,
          `${prefix}\uffff`,
        ),
      );
      return found.map(({ run }) => run);
    },
  };
}

/** The next run of both lists: the one that is kept, and the events themselves. */
const RUN_AFTER = `
  SELECT next.run, runs.last FROM (
    SELECT least((SELECT run FROM claw.runs WHERE run > $1 ORDER BY run LIMIT 1),
                 (SELECT run FROM claw.events WHERE run > $1 ORDER BY run LIMIT 1)) AS run
  ) AS next LEFT JOIN claw.runs AS runs ON runs.run = next.run WHERE next.run IS NOT NULL`;

/** Of each of the newest runs its first row, then its last: of one event the same twice. */
const ENDS = `
  SELECT ${ROW.split(", ")
    .map((column) => `events.${column}`)
    .join(", ")}
  FROM (SELECT run, last FROM claw.runs WHERE run < $2 ORDER BY run DESC LIMIT $1) AS newest
  CROSS JOIN LATERAL (VALUES (0, 0), (1, newest.last)) AS ends (place, seq)
  JOIN claw.events AS events ON events.run = newest.run AND events.seq = ends.seq
  ORDER BY newest.run DESC, ends.place`;
