import { UsageError } from "../../errors.ts";
import type { LedgerSize, Upkeep } from "../upkeep.ts";
import type { Database, Sql } from "./database.ts";

/** Bodies taken out in one transaction. */
const AT_ONCE = 500;

/** Keeping a ledger that a server keeps: copies and room are its own business. */
export function upkeepOf(db: Database): Upkeep {
  return {
    async dropBodies(shas) {
      for (let from = 0; from < shas.length; from += AT_ONCE) {
        await db.write(
          async (sql) =>
            void (await sql(
              `INSERT INTO claw.blobs (sha, encoding, size, data) SELECT sha, 0, 0, NULL FROM unnest($1::text[]) AS sha
               ON CONFLICT (sha) DO UPDATE SET encoding = 0, data = NULL`,
              shas.slice(from, from + AT_ONCE),
            )),
          { durable: true },
        );
      }
      // Old versions of rows still hold the bytes until they are cleared away.
      await db.read((sql) => sql("VACUUM claw.blobs"));
    },
    isDropped: async (sha) =>
      (await db.read((sql) => sql("SELECT 1 FROM claw.blobs WHERE sha = $1 AND data IS NULL", sha))).length > 0,
    bodyBytes: (shas) =>
      db.read(async (sql) => {
        const [sum] = await sql<{ bytes: number }>(
          "SELECT coalesce(sum(length(data)), 0)::bigint AS bytes FROM claw.blobs WHERE sha = ANY($1)",
          [...shas],
        );
        return sum?.bytes ?? 0;
      }),
    size: () => db.read(sizeOf),
    backup: async () => {
      const { shown, database } = db.address;
      throw new UsageError(
        `the ledger is in ${shown}, and claw copies only a file`,
        `copy it with PostgreSQL's own tool: pg_dump --schema='claw*' --format=custom --file=claw.dump ${database}`,
      );
    },
    // The server does that by itself, for all of its databases.
    vacuum: async () => 0,
  };
}

async function sizeOf(sql: Sql): Promise<LedgerSize> {
  const one = async (query: string): Promise<Readonly<Record<string, number>>> =>
    (await sql<Readonly<Record<string, number>>>(query))[0] ?? {};
  const [whole, events, bodies] = await Promise.all([
    one(`SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint AS bytes,
           (SELECT count(*) FROM claw.runs) AS runs, (SELECT count(*) FROM claw.anchors) AS anchors
         FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('claw', 'claw_queue'))
           AND relkind = 'r'`),
    one("SELECT count(*) AS count, coalesce(sum(octet_length(body)), 0)::bigint AS bytes FROM claw.events"),
    one(`SELECT count(data) AS count, count(*) - count(data) AS redacted,
           coalesce(sum(CASE WHEN data IS NULL THEN 0 ELSE size END), 0)::bigint AS plain,
           coalesce(sum(length(data)), 0)::bigint AS stored FROM claw.blobs`),
  ]);
  const { bytes = 0, runs = 0, anchors = 0 } = whole;
  return {
    file: bytes,
    log: 0,
    free: 0,
    runs,
    anchors,
    events: { count: events["count"] ?? 0, bytes: events["bytes"] ?? 0 },
    bodies: {
      count: bodies["count"] ?? 0,
      redacted: bodies["redacted"] ?? 0,
      plain: bodies["plain"] ?? 0,
      stored: bodies["stored"] ?? 0,
    },
  };
}
