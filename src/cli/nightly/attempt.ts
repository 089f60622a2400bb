import { systemClock } from "../../clock.ts";
import { ClawError } from "../../errors.ts";
import { doJob } from "../../fleet/do-job.ts";
import { aboutOf, feedQueue, TASK_JOB } from "../../fleet/feed.ts";
import { type Gate, readGate } from "../../fleet/gate.ts";
import type { Allowance, Attempt, NightWork } from "../../fleet/night.ts";
import type { Recorded } from "../../ledger/events.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { isAbandoned, LEASE_MS, thisProcess } from "../../ledger/owner.ts";
import type { JobLease } from "../../store/queue.ts";
import { foldSpend, shownCost } from "../../views/spend.ts";
import type { NamedTask } from "../../views/task.ts";
import { stopNote } from "../../workflows/stop.ts";
import type { WorkPlace } from "../fix-work.ts";
import { runTask } from "../run-task.ts";

/** Puts what is ready into the queue, and takes back what workers that are gone had. */
export async function refill(ledger: Ledger, model: string): Promise<void> {
  const now = systemClock.now();
  await ledger.queue.reap((holder) => isAbandoned(holder, now), now);
  await feedQueue({ ledger, clock: systemClock }, (task) => aboutOf(task, model));
}

interface Parts {
  readonly place: WorkPlace;
  readonly ledger: Ledger;
  /** The night that its run is part of. */
  readonly night: string;
  readonly lanes: readonly string[];
  /** What may run at once over all processes, as the queue has it. */
  readonly limits: ReadonlyMap<string, number>;
  readonly onStart: (run: string) => void;
  readonly onEvent: (event: Recorded) => void;
}

/** How long a night waits before it looks again whether it is let in, in milliseconds. */
const LOOK_MS = 2_000;

/** Works on one task of a night with the same claim as any worker: nobody else works on it meanwhile. */
export async function attempt(
  parts: Parts,
  work: NightWork,
  allowed: Allowance,
  signal: AbortSignal,
  begins: () => void,
): Promise<Attempt> {
  const { place, ledger, night } = parts;
  const gate = await readGate(ledger);
  if (gate.state !== "open") return shut(gate);
  const lease = await claim(parts, work);
  if ("outcome" in lease) return lease;
  begins();
  const purse = purseOf(allowed.usdNano);
  let run: string | null = null;
  let opened = false;
  const end = await doJob(
    {
      ledger,
      clock: systemClock,
      signal: AbortSignal.any([signal, purse.empty]),
      isStopped: () => stopNote(place.app.config.home) !== null,
      work: (task, watch) => runTask(narrowed(task, allowed), { ...place, signal: watch.signal, parent: night }, watch),
      onStart: (started) => parts.onStart((run = started)),
      onEvent: (event) => {
        purse.see(event);
        opened ||= event.type === "effect.done" && event.effect === "pull-request";
        parts.onEvent(event);
      },
    },
    lease,
  );
  const usdNano = purse.spent() ?? allowed.usdNano ?? 0;
  // Money that is used up comes back with the next night, not with another attempt.
  const at = end.next === "again" && !purse.empty.aborted ? end.at : null;
  const outcome = end.outcome as Attempt["outcome"];
  return { run: run ?? end.run, outcome, reason: end.reason, hint: end.hint, at, usdNano, pullRequest: opened };
}

const nothing = { run: null, hint: "", at: null, usdNano: 0, pullRequest: false } as const;

/** Somebody has closed the queue to all workers, and a night is one. */
const shut = ({ state, by }: Gate): Attempt =>
  state === "draining"
    ? { ...nothing, outcome: "draining", reason: `${by} drains the queue: claw queue resume opens it again` }
    : {
        ...nothing,
        outcome: "paused",
        reason: `the queue is paused by ${by}: claw queue resume opens it`,
        at: systemClock.now() + LOOK_MS,
      };

/** The right to work on it; else why not. */
async function claim({ ledger, night, lanes, limits }: Parts, { task }: NightWork): Promise<JobLease | Attempt> {
  const now = systemClock.now();
  const owner = `${thisProcess()} ${night} ${task}`;
  const worker = { owner, now, until: now + LEASE_MS, kinds: [TASK_JOB], lanes, limits, subject: task };
  const lease = await ledger.queue.claim(worker);
  if (lease) return lease;
  const [waiting] = await ledger.queue.jobs({ subject: task, state: "ready", limit: 1 });
  if (waiting && (waiting.lane === "" || lanes.includes(waiting.lane)))
    return {
      ...nothing,
      outcome: "limited",
      reason: "as many works as config.yaml allows at once are under way (work:)",
      at: now + LOOK_MS,
    };
  return {
    ...nothing,
    outcome: "lost",
    reason: waiting
      ? `only hosts with the label ${waiting.lane} work on it`
      : "it is being worked on by another process, or waits to be tried again",
  };
}

/** Its limits are those it asked for, or what the night has left. */
function narrowed(task: NamedTask, { usdNano, wallMs }: Allowance): NamedTask {
  const flags = (task.wish["flags"] ?? {}) as Readonly<Record<string, string | boolean>>;
  const least = (name: string, most: number): string =>
    String(Math.min(Number(flags[name] ?? Infinity) || Infinity, most));
  const money =
    usdNano === null ? {} : { budgetUsd: least("budgetUsd", Math.max(0.01, Math.floor(usdNano / 1e7) / 100)) };
  const timeout = least("timeout", Math.max(0.1, Math.round(wallMs / 6000) / 10));
  return { ...task, wish: { ...task.wish, flags: { ...flags, ...money, timeout } } };
}

/** Counts what a run costs from now on. A run that goes on has limits of an earlier night: it is stopped at those of this one. */
function purseOf(most: number | null) {
  const empty = new AbortController();
  const seen: Recorded[] = [];
  return {
    empty: empty.signal,
    see(event: Recorded): void {
      if (!event.type.startsWith("model.")) return;
      seen.push(event);
      // What was set aside for a request that has no answer yet counts.
      if (most === null || (shownCost(foldSpend(seen)) ?? 0) <= most || empty.signal.aborted) return;
      empty.abort(
        new ClawError("the night's money is used up", {
          outcome: "interrupted",
          hint: "the next claw nightly goes on with it",
        }),
      );
    },
    /** Null when part of it has no known price. */
    spent: (): number | null => shownCost(foldSpend(seen)),
  };
}
