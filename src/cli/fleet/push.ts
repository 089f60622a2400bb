import { existsSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { systemClock } from "../../clock.ts";
import { exitCodes } from "../../errors.ts";
import type { Taken } from "../../ledger/carry.ts";
import { openLedger } from "../../ledger/ledger.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { plural } from "../../text.ts";
import { command } from "../command.ts";
import { sharedLedger } from "./database.ts";

type Pushed = Taken | "busy";

const words: Readonly<Record<Pushed, string>> = {
  new: "taken over",
  further: "taken further",
  there: "is there already",
  ahead: "has gone on there",
  held: "is being written there: left alone",
  busy: "is being written here: left alone, push again when it is over",
  differs: "has another history there: left alone",
};

export const push = command({
  options: [["--json", "print a line of JSON for each run and task, and last the result"]],
  more: `Takes the runs, tasks and schedules of this machine's own ledger (ledger.sqlite below CLAW_HOME) over into the database, event
for event with all bodies, each checked on the way. What is there already is left; what has gone on here since is taken further.
Tasks that are still wanted, and schedules that are enabled, are worked on by the next claw work of any machine. This machine's
own ledger stays as it is: go on with its runs, and work on its schedules, in one of the two places only.

Examples:
  claw fleet push --store postgres://claw@db.example.com/claw

Exit codes: 0 all of it is there; 13 some has another history there; 24 a record does not hold, or the database is away`,
  input: z.object({ json: z.boolean().default(false) }),
  async run({ json }, desk) {
    const app = await desk.app();
    const target = await sharedLedger(app);
    const file = join(app.config.home, "ledger.sqlite");
    const counts: Partial<Record<Pushed, number>> = {};
    if (existsSync(file)) {
      const own = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
      try {
        for await (const stream of own.streams()) {
          if (desk.signal.aborted) throw desk.signal.reason;
          const became: Pushed = (await own.active(stream.run)) ? "busy" : await target.take(stream);
          counts[became] = (counts[became] ?? 0) + 1;
          if (json) desk.out(JSON.stringify({ type: "fleet.pushed", version: 1, id: stream.run, became }));
          else if (became !== "there") desk.out(`${stream.run}  ${words[became]}`);
        }
      } finally {
        await own.close();
      }
    }
    const result = { type: "result", version: 1, place: target.place.shown, ...counts };
    desk.out(json ? JSON.stringify(result) : summary(counts, file));
    return counts.differs ? exitCodes.blocked : 0;
  },
});

function summary(counts: Partial<Record<Pushed, number>>, file: string): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return `there is nothing to take over from ${file}`;
  const moved = (counts.new ?? 0) + (counts.further ?? 0);
  const left = (counts.held ?? 0) + (counts.busy ?? 0) + (counts.differs ?? 0);
  return `${plural(moved, "run or task", "runs and tasks")} taken over, ${all - moved - left} there already${left > 0 ? `, ${left} left alone` : ""}`;
}
