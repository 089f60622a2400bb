import { makeHome, type Measurement } from "../desk.ts";
import { timesFloor, type Row } from "../row.ts";
import { session } from "../session.ts";
import { compared, interleaved } from "../statistics.ts";
import { idle } from "../trajectory.ts";

const LENGTHS = [1, 20, 100] as const;

/** What a turn costs when the model answers at once and the command does nothing. */
export const turns: Measurement = {
  name: "turns",
  about: "sessions of 1, 20 and 100 turns against a bare HTTP loop that runs the same commands in a minimal bubblewrap",
  async run(desk) {
    const home = makeHome(desk.dir, "turns");
    const floorHome = makeHome(desk.dir, "turns-floor");
    await session({ subject: "claw", trajectory: idle(1), home });
    const rounds = desk.repeats(7, 2);
    const wall: Record<"claw" | "floor", number[][]> = { claw: [], floor: [] };
    const rows: Row[] = [];
    for (const length of LENGTHS) {
      const trajectory = idle(length);
      const { claw, floor } = await interleaved(rounds, {
        claw: () => session({ subject: "claw", trajectory, home }),
        floor: () => session({ subject: "sandboxed-floor", trajectory, home: floorHome }),
      });
      wall.claw.push(claw.map(({ wallMs }) => wallMs));
      wall.floor.push(floor.map(({ wallMs }) => wallMs));
      const figures = compared(wall.claw.at(-1) ?? [], wall.floor.at(-1) ?? []);
      rows.push({ what: `whole run, ${length} ${length === 1 ? "turn" : "turns"}`, unit: "ms", ...figures });
    }
    const note = "slope between 1 and 100 turns; every 20th call writes a file";
    const perTurn = compared(slopes(wall.claw), slopes(wall.floor));
    return [...rows, { what: "per turn", unit: "ms", ...perTurn, budget: timesFloor(1.5), note }];
  },
};

/** Per round: what the longest session takes over the shortest, by the turn. */
function slopes(walls: readonly (readonly number[])[]): number[] {
  const [shortest = [], longest = []] = [walls[0], walls.at(-1)];
  const between = (LENGTHS.at(-1) ?? 1) - LENGTHS[0];
  return longest.map((wall, round) => (wall - (shortest[round] ?? Number.NaN)) / between);
}
