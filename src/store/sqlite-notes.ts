import type { Database } from "better-sqlite3";
import { whenFree } from "./sqlite-lock.ts";
import type { Notes } from "./store.ts";

/** Notes in a table of their own. What does not change is only read: most of the time nothing does. */
export function notesOf(db: Database, write: <T>(work: () => T) => Promise<T>): Notes["change"] {
  const find = db.prepare("SELECT body FROM notes WHERE key = ?");
  const put = db.prepare(
    "INSERT INTO notes (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body",
  );
  const drop = db.prepare("DELETE FROM notes WHERE key = ?");
  const read = (key: string): string | null => (find.get(key) as { body: string } | undefined)?.body ?? null;
  return async (key, next) => {
    const now = await whenFree(db, () => read(key));
    const { body, result } = next(now);
    if (body === now) return result;
    return write(() => {
      const changed = next(read(key));
      if (changed.body === null) drop.run(key);
      else put.run(key, changed.body);
      return changed.result;
    });
  };
}
