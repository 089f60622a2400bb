/**
 * One worker of scripts/chaos.ts, with the pool, the queue and the ledger that claw work has, on runs that take a fraction of
 * a second: node scripts/chaos-worker.ts <store> <forge> <safe|naive|none> <began>; none: it ends at once. Its clock runs fast, so that a lease ends within a second.
 */
import { systemClock, type Clock } from "../src/clock.ts";
import { runPool } from "../src/fleet/pool.ts";
import { openLedger, type RunLog } from "../src/ledger/ledger.ts";
import { openStore } from "../src/store/open.ts";
import type { NamedTask } from "../src/views/task.ts";
import { effectsOf } from "../src/workflows/effects.ts";
import { watched, type FinishedRun, type Watch } from "../src/workflows/start.ts";
import { chaosStarted, FASTER, STAGES } from "./chaos-story.ts";

const [store = "", forge = "", mode = "safe", began = "0"] = process.argv.slice(2);
if (mode === "none") process.exit(0);
/** The same for all workers, whenever they came. */
const clock: Clock = {
  ...systemClock,
  now: () => Number(began) + (Date.now() - Number(began)) * FASTER,
  sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 50), signal),
};
const ledger = openLedger({ store: await openStore(store), clock, scrub: (text) => text });
const post = (kind: string, key: string): Promise<Response> =>
  fetch(`${forge}/effects`, { method: "POST", body: JSON.stringify({ kind, key }), signal: AbortSignal.timeout(8000) });
const known = async (kind: string, key: string): Promise<readonly number[]> =>
  (await (await fetch(`${forge}/effects?kind=${kind}&key=${key}`)).json()) as number[];

/** Asks what is there first, and takes back what somebody else has done meanwhile: the lowest number stays. */
async function perform(kind: string, key: string): Promise<string> {
  if (mode === "naive") return String((await post(kind, key)).status);
  if ((await known(kind, key)).length === 0) await post(kind, key);
  const [kept, ...more] = (await known(kind, key)).toSorted((a, b) => a - b);
  for (const id of more) await fetch(`${forge}/effects?id=${id}`, { method: "DELETE" });
  return String(kept);
}

async function story(log: RunLog, task: string, signal: AbortSignal): Promise<FinishedRun> {
  for (let number = 0; number < STAGES; number += 1) {
    signal.throwIfAborted();
    const stage = `stage-${number}`;
    if (log.events.some((event) => event.type === "stage.finished" && event.stage === stage)) continue;
    await log.append({ type: "stage.started", stage });
    await systemClock.sleep(5 + 20 * Math.random());
    await log.append({ type: "stage.finished", stage, output: number });
  }
  const effects = effectsOf(log, "publish", task);
  for (const kind of ["pull-request", "comment"]) {
    signal.throwIfAborted();
    if (effects.isDone(kind)) continue;
    await effects.judge(kind, { verdict: "allow", rule: "chaos" });
    await effects.done(kind, await perform(kind, task));
  }
  const end = { outcome: "proven", reason: "", hint: "" } as const;
  await log.append({ type: "run.ended", ...end });
  return { run: log.run, ...end };
}

async function work(task: NamedTask, watch: Watch): Promise<FinishedRun> {
  const log = await ledger.open(task.openRun ?? clock.newId());
  try {
    watched(log, watch);
    if (log.events.length === 0) await log.append(chaosStarted(task.task));
    else await log.append({ type: "run.resumed", host: "chaos" });
    return await story(log, task.task, AbortSignal.any([watch.signal, log.lost]));
  } finally {
    await log.close().catch(() => {}); // who lost the run has nothing to give up
  }
}

await runPool({
  ledger,
  clock,
  work,
  isStopped: () => false,
  isHere: () => true,
  most: 2,
  least: 2,
  limits: new Map(),
  lanes: [],
  about: () => ({ lane: "", role: "chaos", model: "", repository: "" }),
  fire: () => Promise.resolve(),
  headroom: () => Promise.resolve(null),
  memory: { used: () => 0, most: 1, session: 0.1 },
  renewal: null,
  drain: false,
  until: null,
  signal: new AbortController().signal,
  onNews: () => {},
});
