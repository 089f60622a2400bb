import type { Database } from "better-sqlite3";
import { SlotTaken } from "../errors.ts";
import type { DueSchedule, Schedules, SlotMove } from "./schedules.ts";
import { whenFree } from "./sqlite-lock.ts";

/** When schedules are due. `move` is for use inside a transaction. */
export function sqliteSchedules(db: Database): Schedules & { readonly move: (move: SlotMove) => void } {
  const due = db.prepare("SELECT name, due FROM schedules WHERE due > 0 AND due <= ? ORDER BY due, name LIMIT ?");
  const all = db.prepare("SELECT name, due FROM schedules ORDER BY name");
  const advance = db.prepare("UPDATE schedules SET due = ? WHERE name = ? AND due = ?");
  const add = db.prepare("INSERT INTO schedules (name, due) VALUES (?, ?) ON CONFLICT (name) DO NOTHING");
  return {
    dueSchedules: (now, limit) => whenFree(db, () => due.all(now, limit) as DueSchedule[]),
    schedules: () => whenFree(db, () => all.all() as DueSchedule[]),
    move: ({ name, from, to }) => {
      if (advance.run(to, name, from).changes === 1) return;
      if (from !== 0 || add.run(name, to).changes !== 1) throw new SlotTaken(name);
    },
  };
}
