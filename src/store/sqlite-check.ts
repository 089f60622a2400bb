import Database from "better-sqlite3";
import type { Migration } from "./migrations.ts";

/** Problems that are told; one of them is enough. */
const MOST = 10;

interface Part {
  readonly type: string;
  readonly name: string;
  readonly sql: string | null;
}

/**
 * One clause on each thing that is wrong with the file itself: pages, indexes and kinds of values that SQLite finds damaged, and
 * tables, indexes and rules against changes that are not as `steps` made them.
 */
export function damageOf(db: Database.Database, steps: readonly Migration[]): readonly string[] {
  const checked = db.pragma(`integrity_check(${MOST})`) as { readonly integrity_check: string }[];
  const damaged = checked
    .map(({ integrity_check: line }) => line.split("\n", 1)[0] ?? "")
    .filter((line) => line !== "ok")
    .map((line) => `SQLite finds it damaged: ${line}`);
  return [...damaged, ...changedParts(db, steps)].slice(0, MOST);
}

function changedParts(db: Database.Database, steps: readonly Migration[]): readonly string[] {
  const fresh = new Database(":memory:");
  try {
    for (const step of steps) step(fresh);
    const made = partsOf(fresh);
    const found = partsOf(db);
    const lacking = [...made].filter(([name, text]) => found.get(name) !== text);
    const further = [...found.keys()].filter((name) => !made.has(name));
    return [
      ...lacking.map(([name]) => `its ${name} is not there as claw made it`),
      ...further.map((name) => `it has a ${name} that claw has not made`),
    ];
  } finally {
    fresh.close();
  }
}

/** By kind and name: what it says. Of tables only that they are there, as a later step may have added a column. */
function partsOf(db: Database.Database): ReadonlyMap<string, string> {
  const parts = db.prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").all() as Part[];
  return new Map(parts.map(({ type, name, sql }) => [`${type} ${name}`, type === "table" ? "" : (sql ?? "")]));
}
