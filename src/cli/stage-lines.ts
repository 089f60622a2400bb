import { duration, money, plural } from "../text.ts";
import type { StageRow } from "../views/stages.ts";
import { paintMark, type Style } from "./style.ts";

const marks = { passed: "✓", failed: "✗", unfinished: "…" } as const;

/** One line per stage: verdict, time, cost, evidence, and the numbers of its events. */
export function stageLines(stages: readonly StageRow[], style: Style): readonly string[] {
  const cells = stages.map(({ name, ms, turns, cost }) => [
    name,
    duration(ms),
    turns > 0 ? `${plural(turns, "turn")}, ${money(cost)}` : "",
  ]);
  const width = (column: number): number => Math.max(0, ...cells.map((cell) => cell[column]?.length ?? 0));
  return stages.map(({ verdict, evidence, first, last }, index) => {
    const [name = "", time = "", spent = ""] = cells[index] ?? [];
    const seen = evidence
      .map(({ what, events }) => (events.length > 1 ? `${what} ×${events.length}` : what))
      .join(", ");
    const left = `  ${paintMark(style, marks[verdict])} ${name.padEnd(width(0))}  ${time.padStart(width(1))}  ${spent.padEnd(width(2))}`;
    return `${left}  ${style.faint(`events ${first}–${last}`)}${seen === "" ? "" : `  ${seen}`}`;
  });
}
