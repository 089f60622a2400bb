import { createReadStream, globSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import { systemClock } from "../../src/clock.ts";
import { importRun } from "../../src/ledger/import.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { foldRun, ofType } from "../../src/views/run.ts";
import type { Measurement } from "../desk.ts";
import { atLeast, atMost, type Row } from "../row.ts";
import { circles, dice, factsOf, healthy, walker } from "../trajectories.ts";

const runsDirectory = join(import.meta.dirname, "..", "..", "test", "runs");
const SOON = 8;
const share = (part: number, whole: number): number => (whole === 0 ? 0 : (100 * part) / whole);

/** Does the runaway stop leave sessions alone that get somewhere, and find those that do not? */
export const stuck: Measurement = {
  name: "stuck",
  about: "sessions stopped though they were getting somewhere, and circles found",
  run: async (desk) => [...(await recordedSessions()), ...generated(desk.repeats(4000, 400))],
};

/** Sessions of recorded runs that solved their issue. */
async function recordedSessions(): Promise<Row[]> {
  let [sessions, told, stopped] = [0, 0, 0];
  for (const file of globSync("*/*.jsonl.gz", { cwd: runsDirectory })) {
    const lines = createInterface({ input: createReadStream(join(runsDirectory, file)).pipe(createGunzip()) });
    const { run, ledger } = await importRun(lines, await openSqlite(":memory:"), systemClock);
    const { events } = await ledger.read(run);
    await ledger.close();
    if (foldRun(events).end?.outcome !== "proven") continue;
    for (const { session } of ofType(events, "session.started")) {
      const { take, state } = walker();
      for (const event of events) if ("session" in event && event.session === session) take([event]);
      sessions += 1;
      told += state().stuckWarnings > 0 ? 1 : 0;
      stopped += state().stuckWarnings > 1 ? 1 : 0;
    }
  }
  const note = `${sessions} sessions of solved runs in test/runs; ${told} were told of a circle`;
  return [
    { what: "recorded sessions stopped wrongly", unit: "%", value: share(stopped, sessions), budget: atMost(1), note },
  ];
}

function generated(sessions: number): Row[] {
  let [told, stopped, turns] = [0, 0, 0];
  for (let seed = 1; seed <= sessions; seed += 1) {
    const { take, state } = walker();
    const steps = healthy(dice(seed));
    for (const [turn, each] of steps.entries()) take(factsOf(each, turn));
    turns += steps.length;
    told += state().stuckWarnings > 0 ? 1 : 0;
    stopped += state().stuckWarnings > 1 ? 1 : 0;
  }
  const kinds = Object.values(circles);
  const late = Array.from({ length: sessions }, (_, index) => turnsUntilFound(kinds[index % kinds.length], index + 1));
  const note = `${sessions} sessions, ${Math.round(turns / sessions)} turns each; ${share(told, sessions).toFixed(1)} % were told of a circle`;
  return [
    {
      what: "generated healthy sessions stopped wrongly",
      unit: "%",
      value: share(stopped, sessions),
      budget: atMost(1),
      note,
    },
    {
      what: `circles found within ${SOON} turns`,
      unit: "%",
      value: share(late.filter((count) => count <= SOON).length, sessions),
      budget: atLeast(80),
      note: `${kinds.length} kinds, each after a healthy beginning`,
    },
  ];
}

/** Turns of a circle until it is named, after some that were fine; many more than it may take when it never is. */
function turnsUntilFound(
  circle: ((turn: number) => ReturnType<typeof healthy>[number]) | undefined,
  seed: number,
): number {
  const random = dice(seed);
  const { take } = walker();
  const before = healthy(random).slice(0, 3 + Math.floor(random() * 15));
  for (const [turn, each] of before.entries()) take(factsOf(each, turn));
  for (let turn = 0; circle && turn < 30; turn += 1)
    if (take(factsOf(circle(turn), 1000 + turn)) !== null) return turn + 1;
  return 99;
}
