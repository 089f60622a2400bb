import type { TaskLink } from "../ledger/task-events.ts";
import type { NamedTask } from "./task.ts";

type Linked = Pick<NamedTask, "task" | "links">;
/** One task, and one that can only begin after it. */
type Turn = readonly [first: string, then: string];

/** Which of two tasks that are linked has to be closed before the other one begins. */
const inTurn = (task: string, { kind, to }: TaskLink): Turn => (kind === "duplicates" ? [to, task] : [task, to]);

const turnsOf = (tasks: readonly Linked[]): readonly Turn[] =>
  tasks.flatMap(({ task, links }) => links.map((link) => inTurn(task, link)));

/**
 * The tasks that would wait for each other with one link more, in their order, the first one again at the end; null when none
 * would. Closed ones count: they may be opened again.
 */
export function circleWith(tasks: readonly Linked[], task: string, link: TaskLink): readonly string[] | null {
  return wayBack(afterEach(turnsOf(tasks)), inTurn(task, link));
}

/**
 * The tasks that wait for each other where one of `among` is among them, in their order, the first one again at the end; null
 * where there are none. Takes time in proportion to the links.
 */
export function circleIn(tasks: readonly Linked[], among: ReadonlySet<string>): readonly string[] | null {
  const turns = onCircles(turnsOf(tasks));
  const after = afterEach(turns);
  for (const turn of turns) {
    const way = among.has(turn[0]) ? wayBack(after, turn) : null;
    if (way) return way;
  }
  return null;
}

function afterEach(turns: readonly Turn[]): ReadonlyMap<string, readonly string[]> {
  const after = new Map<string, string[]>();
  for (const [first, then] of turns) {
    const found = after.get(first);
    if (found) found.push(then);
    else after.set(first, [then]);
  }
  return after;
}

/** The shortest way that begins with this turn and ends where it began. */
function wayBack(after: ReadonlyMap<string, readonly string[]>, [start, next]: Turn): readonly string[] | null {
  const ways: (readonly string[])[] = [[start, next]];
  const seen = new Set([next]);
  for (const way of ways) {
    const end = way.at(-1) ?? start;
    if (end === start) return way;
    for (const further of after.get(end) ?? []) {
      if (seen.has(further)) continue;
      seen.add(further);
      ways.push([...way, further]);
    }
  }
  return null;
}

/** Those that lie on circles, or between two: what nothing comes before, and what nothing comes after, is taken away, again and again. */
const onCircles = (turns: readonly Turn[]): readonly Turn[] => waited(waited(turns).map(turned)).map(turned);

const turned = ([first, then]: Turn): Turn => [then, first];

/** Without the turns of tasks that nothing has to come before, until each waits for another one. */
function waited(turns: readonly Turn[]): readonly Turn[] {
  const after = afterEach(turns);
  const before = new Map<string, number>();
  for (const [, then] of turns) before.set(then, (before.get(then) ?? 0) + 1);
  const free = [...after.keys()].filter((task) => !before.has(task));
  const gone = new Set(free);
  for (const task of free)
    for (const then of after.get(task) ?? []) {
      const left = (before.get(then) ?? 0) - 1;
      before.set(then, left);
      if (left > 0) continue;
      gone.add(then);
      free.push(then);
    }
  return turns.filter(([first]) => !gone.has(first));
}
