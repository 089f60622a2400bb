import { systemClock } from "../../src/clock.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import type { EventOf } from "../../src/ledger/events.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { type PoolDesk, type PoolEnd, type PoolNews, runPool } from "../../src/fleet/pool.ts";
import { foldTask } from "../../src/views/task.ts";
import { watched, type FinishedRun, type Watch } from "../../src/workflows/start.ts";
import type { NamedTask } from "../../src/views/task.ts";
import { pieces } from "./recorded-fix.ts";

/** A ledger of its own, with tasks of these names: "t-<name>". */
export async function withTasks(...names: readonly string[]): Promise<Ledger> {
  const ledger = openLedger({ store: await openSqlite(":memory:"), clock: systemClock, scrub: (text) => text });
  for (const name of names) await ledger.addTask(`t-${name}`, added(name));
  return ledger;
}

export const added = (title: string, given: Partial<EventOf<"task.added">> = {}): EventOf<"task.added"> => ({
  type: "task.added",
  title,
  body: null,
  source: { kind: "text", ref: "the command line" },
  trust: "user",
  repository: "/repo",
  workflow: "fix",
  priority: 2,
  labels: [],
  acceptance: null,
  due: null,
  held: false,
  wish: {},
  links: [],
  by: "ada",
  ...given,
});

/** How a run of a task ends, or what goes wrong with it. */
export type Story = (
  task: NamedTask,
  watch: Watch,
  nth: number,
) => EventOf<"run.ended"> | EventOf<"run.paused"> | Promise<never>;

/** Runs that a real ledger records, and that do nothing. */
export function runsOf(ledger: Ledger, story: Story): PoolDesk["work"] {
  const tries = new Map<string, number>();
  return async (task, watch): Promise<FinishedRun> => {
    const nth = (tries.get(task.task) ?? 0) + 1;
    tries.set(task.task, nth);
    const log = await ledger.open(task.openRun ?? systemClock.newId());
    try {
      watched(log, watch);
      if (log.events.length === 0) await log.append({ ...pieces(log).started, task: task.task });
      else await log.append({ type: "run.resumed", host: "here" });
      const end = await story(task, watch, nth);
      await log.append(end);
      return { run: log.run, outcome: end.outcome, reason: end.reason, hint: end.hint };
    } finally {
      await log.close();
    }
  };
}

/** Works until nothing is left, unless `given` says otherwise. Waits take no time. */
export async function drained(
  ledger: Ledger,
  work: PoolDesk["work"],
  given: Partial<PoolDesk> = {},
): Promise<PoolEnd & { readonly news: readonly PoolNews[] }> {
  const news: PoolNews[] = [];
  let skipped = 0;
  // Time goes on with each look for work, so that a retry in ten minutes is soon.
  const clock = {
    ...systemClock,
    now: () => Date.now() + skipped,
    sleep: (_: number, signal?: AbortSignal) => {
      skipped += 5_000;
      return systemClock.sleep(1, signal);
    },
  };
  const end = await runPool({
    ledger,
    clock,
    work,
    isStopped: () => false,
    isHere: () => true,
    most: 4,
    least: 4,
    limits: new Map(),
    lanes: [],
    about: ({ repository }) => ({ lane: "", role: "fix", model: "", repository }),
    fire: () => Promise.resolve(),
    headroom: () => Promise.resolve(null),
    memory: { used: () => 0, most: 1, session: 0.01 },
    renewal: null,
    drain: true,
    until: null,
    signal: AbortSignal.timeout(4000),
    onNews: (one) => news.push(one),
    ...given,
  });
  return { ...end, news };
}

export const statusOf = async (ledger: Ledger, task: string): Promise<string | undefined> =>
  foldTask((await ledger.read(`t-${task}`)).events)?.status;
