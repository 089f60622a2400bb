import { money, printableLine } from "../text.ts";
import type { Style } from "./style.ts";
import { columnWidths, GAP, tableLines } from "./table.ts";

export interface RunRow {
  readonly run: string;
  readonly workflow: string;
  readonly startedAt: number;
  /** An outcome, "running" or "interrupted". */
  readonly outcome: string;
  readonly title: string;
  readonly branch: string | null;
  /** Nano-dollars; null when part of it has no known price. */
  readonly cost: number | null;
  /** Its commands ran without a sandbox. */
  readonly unconfined: boolean;
  /** Its record does not hold. */
  readonly broken: boolean;
}

interface Frame {
  readonly now: number;
  readonly columns: number;
  readonly style: Style;
}

/** Below this many columns costs are left out, and ages where that is not enough: the task says more. */
const NARROW = 60;
/** Above this many the branch is shown, too. */
const WIDE = 110;
/** Columns that a task is never cut to less than. */
const LEAST_TASK = 10;

/** A table of runs; a flow costs what the runs of its steps do, which have rows of their own. The task is cut when the terminal is narrow. */
export function renderRuns(rows: readonly RunRow[], { now, columns, style }: Frame): string {
  const [narrow, wide] = [columns < NARROW, columns > WIDE];
  const cells = rows.map(({ run, workflow, startedAt, outcome, title, branch, cost, broken, unconfined }) => [
    run,
    broken ? "" : age(now - startedAt),
    unconfined ? `${outcome}, no sandbox` : outcome,
    ...(narrow ? [] : [broken || workflow === "flow" ? "" : money(cost)]),
    printableLine(title),
    ...(wide ? [branch ?? ""] : []),
  ]);
  const dated = [["run", "age", "outcome", ...(narrow ? [] : ["cost"]), "task", ...(wide ? ["branch"] : [])], ...cells];
  const tight = narrow && roomFor(dated, 3, columns) < LEAST_TASK;
  const all = tight ? dated.map(([run = "", , ...rest]) => [run, ...rest]) : dated;
  const taskAt = 4 - (narrow ? 1 : 0) - (tight ? 1 : 0);
  const most = Math.max(LEAST_TASK, roomFor(all, taskAt, columns));
  const [head = "", ...lines] = tableLines(all, [
    {},
    ...(tight ? [] : [{ side: "right" } as const]),
    {},
    ...(narrow ? [] : [{ side: "right" } as const]),
    { most },
    {},
  ]);
  return [style.faint(head), ...lines].join("\n");
}

/** Columns that are left for one column of a table beside its others. */
const roomFor = (rows: readonly (readonly string[])[], at: number, columns: number): number =>
  columnWidths(rows).reduce((left, width, index) => left - (index === at ? 0 : width + GAP), columns);

/** "5 s", "12 min", "3 h", "2 d". */
export function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return `${Math.floor(Math.max(0, ms) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
