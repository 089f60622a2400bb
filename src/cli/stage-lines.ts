import { duration, money, plural } from "../text.ts";
import type { StageRow } from "../views/stages.ts";
import { paintMark, type Style } from "./style.ts";
import { tableLines } from "./table.ts";

const marks = { passed: "✓", failed: "✗", unfinished: "…" } as const;

/** One line per stage: verdict, time, cost, evidence, and the numbers of its events. */
export function stageLines(stages: readonly StageRow[], style: Style): readonly string[] {
  const rows = stages.map(({ name, ms, turns, cost, verdict, evidence, first, last }) => [
    `  ${paintMark(style, marks[verdict])} ${name}`,
    duration(ms),
    turns > 0 ? `${plural(turns, "turn")}, ${money(cost)}` : "",
    style.faint(`events ${first}–${last}`),
    evidence.map(({ what, events }) => (events.length > 1 ? `${what} ×${events.length}` : what)).join(", "),
  ]);
  return tableLines(rows, [{}, { side: "right" }, {}, {}, {}]);
}
