import { headline, money, printable } from "../text.ts";
import type { Style } from "./style.ts";

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

/** Below this many columns costs are left out: the task says more. */
const NARROW = 60;
const numeric = new Set<string>(["age", "cost"]);

/** A table of runs; the task is cut when the terminal is narrow. */
export function renderRuns(rows: readonly RunRow[], { now, columns, style }: Frame): string {
  const cells = rows.map(({ run, startedAt, outcome, title, branch, cost, broken, unconfined }) => ({
    run,
    age: broken ? "" : age(now - startedAt),
    how: unconfined ? `${outcome}, no sandbox` : outcome,
    cost: broken ? "" : money(cost),
    task: printable(title),
    branch: branch ?? "",
  }));
  const head = { run: "run", age: "age", how: "outcome", cost: "cost", task: "task", branch: "branch" };
  const all = [head, ...cells];
  const shown = columns < NARROW ? (["run", "age", "how"] as const) : (["run", "age", "how", "cost"] as const);
  const width = (name: keyof typeof head): number => Math.max(...all.map((row) => row[name].length));
  const fixed = shown.reduce((sum, name) => sum + width(name) + 2, 0);
  const forTask = Math.min(width("task"), Math.max(10, columns - fixed - (columns > 110 ? width("branch") + 2 : 0)));
  const line = (row: typeof head): string => {
    const left = shown.map(
      (name) => `${numeric.has(name) ? row[name].padStart(width(name)) : row[name].padEnd(width(name))}  `,
    );
    const task = headline(row.task, forTask);
    return `${left.join("")}${columns > 110 ? `${task.padEnd(forTask)}  ${row.branch}` : task}`.trimEnd();
  };
  return [style.faint(line(head)), ...cells.map(line)].join("\n");
}

/** "5 s", "12 min", "3 h", "2 d". */
function age(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return `${Math.floor(Math.max(0, ms) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} d`;
}
