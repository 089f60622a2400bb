import type { Database, Sql } from "./database.ts";
import { statementsOf } from "./migrations.ts";

/** Problems that are told; one of them is enough. */
const MOST = 10;

/**
 * One clause on each table, index, column and rule against changes that is not as `steps` make them. They are made once more
 * in a schema of their own to compare with, in a transaction that is taken back.
 */
export async function damageOf(db: Database, steps: readonly string[]): Promise<readonly string[]> {
  const found = await db.read((sql) => partsOf(sql, "claw"));
  const made = await asMade(db, steps);
  const lacking = [...made].filter(([name, text]) => found.get(name) !== text).map(([name]) => name);
  const further = [...found.keys()].filter((name) => !made.has(name));
  return [
    ...lacking.map((name) => `its ${name} is not there as claw made it`),
    ...further.map((name) => `it has a ${name} that claw has not made`),
  ].slice(0, MOST);
}

class TakenBack extends Error {}

async function asMade(db: Database, steps: readonly string[]): Promise<ReadonlyMap<string, string>> {
  let parts: ReadonlyMap<string, string> = new Map();
  const own = `claw_as_made_${process.pid}`;
  try {
    await db.write(async (sql) => {
      await sql(`CREATE SCHEMA ${own}`);
      await sql(`CREATE TABLE ${own}.format (steps integer NOT NULL)`);
      for (const step of steps)
        for (const statement of statementsOf(step)) await sql(statement.replaceAll("claw.", `${own}.`));
      parts = await partsOf(sql, own);
      throw new TakenBack();
    });
  } catch (error) {
    if (!(error instanceof TakenBack)) throw error;
  }
  return parts;
}

/** By kind and name: what it says, without the name of its schema. */
async function partsOf(sql: Sql, schema: string): Promise<ReadonlyMap<string, string>> {
  const parts = await sql<{ name: string; says: string }>(PARTS, schema);
  return new Map(parts.map(({ name, says }) => [name, says.replaceAll(`${schema}.`, "")]));
}

const PARTS = `
  WITH part AS (SELECT oid, relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'f', 'v'))
  SELECT 'column ' || relname || '.' || attname AS name,
         format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' || attcollation::regcollation AS says
    FROM pg_attribute JOIN part ON part.oid = attrelid WHERE attnum > 0 AND NOT attisdropped
  UNION ALL SELECT 'index ' || index.relname, pg_get_indexdef(indexrelid) || ' ' || indisvalid
    FROM pg_index JOIN part ON part.oid = indrelid JOIN pg_class AS index ON index.oid = indexrelid
  UNION ALL SELECT 'trigger ' || tgname, pg_get_triggerdef(pg_trigger.oid) || ' ' || tgenabled::text
    FROM pg_trigger JOIN part ON part.oid = tgrelid WHERE NOT tgisinternal
  UNION ALL SELECT 'rule ' || rulename, pg_get_ruledef(pg_rewrite.oid) FROM pg_rewrite JOIN part ON part.oid = ev_class
  UNION ALL SELECT 'function ' || proname, prosrc FROM pg_proc WHERE pronamespace = $1::regnamespace`;
