import type { Clock } from "../clock.ts";
import { ClawError } from "../errors.ts";
import type { Companion } from "../ledger/companion.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { isAbandoned, LEASE_MS, thisProcess } from "../ledger/owner.ts";
import type { JobLease } from "../store/queue.ts";
import type { FinishedRun, Watch } from "../workflows/start.ts";
import { HAND_JOB, type JobAbout } from "./feed.ts";
import { keepLease } from "./lease-keeper.ts";
import { withdraw } from "./withdraw.ts";

/** A task that a person's command works on at once. */
export interface ByHand {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly task: string;
  readonly about: JobAbout;
}

/**
 * Works on a task right now, with the same claim as workers: nobody else works on it meanwhile. Throws ClawError while a worker
 * or another command does. Its job ends with the run, in one transaction.
 */
export async function workByHand(
  { ledger, clock, task, about }: ByHand,
  watch: Watch,
  go: (watch: Watch) => Promise<FinishedRun>,
): Promise<FinishedRun> {
  const lease = await claimByHand({ ledger, clock, task, about });
  const keeper = keepLease(ledger.queue, clock, lease);
  let over = false;
  const finish = () => ({ kind: "finish", now: clock.now(), lease }) as const;
  const along: Companion = (facts) =>
    facts.some(({ type }) => type === "run.paused" || type === "run.ended") ? { jobs: [finish()] } : {};
  try {
    return await go({
      ...watch,
      signal: AbortSignal.any([watch.signal, keeper.lost]),
      along,
      onEvent: (event) => {
        over ||= event.type === "run.paused" || event.type === "run.ended";
        watch.onEvent?.(event);
      },
    });
  } finally {
    keeper.stop();
    // A run that did not begin, or ended with a bug, has not said so.
    if (!over) await ledger.queue.move([finish()]).catch(() => {});
  }
}

async function claimByHand({ ledger, clock, task, about }: ByHand): Promise<JobLease> {
  const { queue } = ledger;
  const now = clock.now();
  await queue.reap((holder) => isAbandoned(holder, now), now);
  // What waits for a worker is done now.
  await withdraw(ledger, [task]);
  const at = { id: clock.newId(), kind: HAND_JOB, subject: task, payload: "{}", dedupe: task };
  await queue.move([{ kind: "add", now, job: { ...at, priority: 0, at: now, ...about } }]);
  const owner = `${thisProcess()} ${at.id}`;
  const lanes = about.lane === "" ? [] : [about.lane];
  const kinds = [HAND_JOB];
  const lease = await queue.claim({
    owner,
    now,
    until: now + LEASE_MS,
    kinds,
    lanes,
    limits: new Map(),
    subject: task,
  });
  if (lease) return lease;
  const [present] = await queue.jobs({ subject: task, state: "leased", limit: 1 });
  throw new ClawError(
    `task ${task} is being worked on already, by ${present?.kind === HAND_JOB ? "another command" : "a worker"}`,
    { outcome: "blocked", hint: `wait for it, or look at it: claw task show ${task}` },
  );
}
