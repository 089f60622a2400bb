import { SlotTaken } from "../../errors.ts";
import type { DueSchedule, Schedules, SlotMove } from "../schedules.ts";
import type { Database, Sql } from "./database.ts";

/** When schedules are due. */
export function schedulesOf(db: Database): Schedules {
  return {
    dueSchedules: (now, limit) =>
      db.read((sql) =>
        sql<DueSchedule>(
          "SELECT name, due FROM claw.schedules WHERE due > 0 AND due <= $1 ORDER BY due, name LIMIT $2",
          now,
          limit,
        ),
      ),
    schedules: () => db.read((sql) => sql<DueSchedule>("SELECT name, due FROM claw.schedules ORDER BY name")),
  };
}

/** Moves a schedule on, inside the transaction of what that means. Throws SlotTaken when somebody else was quicker. */
export async function moveSlot(sql: Sql, { name, from, to }: SlotMove): Promise<void> {
  const moved = await sql(
    "UPDATE claw.schedules SET due = $1 WHERE name = $2 AND due = $3 RETURNING name",
    to,
    name,
    from,
  );
  if (moved.length === 1) return;
  if (from !== 0) throw new SlotTaken(name);
  const added = await sql(
    "INSERT INTO claw.schedules (name, due) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name",
    name,
    to,
  );
  if (added.length !== 1) throw new SlotTaken(name);
}
