import type { Notes } from "../store.ts";
import type { Database, Sql } from "./database.ts";

/** Notes in a table of their own. What does not change is only read: most of the time nothing does. */
export function notesOf(db: Database): Notes["change"] {
  return async (key, next) => {
    const now = await db.read((sql) => note(sql, key));
    const { body, result } = next(now);
    if (body === now) return result;
    return db.write(async (sql) => {
      // Also one that is not there yet can be locked by its name.
      void sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", `claw.notes ${key}`);
      const changed = next(await note(sql, key));
      if (changed.body === null) void sql("DELETE FROM claw.notes WHERE key = $1", key);
      else
        void sql(
          "INSERT INTO claw.notes (key, body) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET body = excluded.body",
          key,
          changed.body,
        );
      return changed.result;
    });
  };
}

async function note(sql: Sql, key: string): Promise<string | null> {
  const [found] = await sql<{ body: string }>("SELECT body FROM claw.notes WHERE key = $1", key);
  return found?.body ?? null;
}
