import { hostname } from "node:os";
import { Interrupted } from "../errors.ts";
import { LEASE_MS, thisProcess } from "../ledger/owner.ts";
import type { JobLease } from "../store/queue.ts";
import type { NamedTask } from "../views/task.ts";
import { doJob, type JobDesk, type JobEnd } from "./do-job.ts";
import { type JobAbout, TASK_JOB } from "./feed.ts";
import { readGate } from "./gate.ts";
import { type Renewal, renewalOf } from "./renewal.ts";
import { restOf } from "./rest.ts";
import { watchman } from "./watchman.ts";

/** What a pool works with, and what the user allows it. */
export interface PoolDesk extends Omit<JobDesk, "signal" | "onStart" | "onEvent"> {
  /** Sessions at once: at most, and kept ready where memory and servers allow. */
  readonly most: number;
  readonly least: number;
  /** Over all processes of this ledger: see `Worker`. */
  readonly limits: ReadonlyMap<string, number>;
  readonly lanes: readonly string[];
  about(task: NamedTask): JobAbout;
  /** Does this machine have the repository, and may it work there? Otherwise its work is left to others. */
  isHere(repository: string): boolean;
  /** Adds the tasks of schedules whose time has come. */
  fire(): Promise<unknown>;
  /** How many more sessions the model's server takes right now; null where nothing limits. */
  headroom(): Promise<number | null>;
  /** Memory of this process, in bytes; the most it may be, and what one session is expected to need. */
  readonly memory: { readonly used: () => number; readonly most: number; readonly session: number };
  /** Null where a process cannot be begun anew. */
  readonly renewal: Renewal | null;
  /** Ends as soon as there is nothing to do, also nothing that is due later. */
  readonly drain: boolean;
  /** Nothing is begun from then on, and what runs is saved: milliseconds since the epoch; null for ever. */
  readonly until: number | null;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly onNews: (news: PoolNews) => void;
}

/** What a pool tells while it works. */
export type PoolNews =
  | { readonly kind: "began"; readonly task: string; readonly title: string; readonly tries: number }
  | { readonly kind: "run"; readonly task: string; readonly run: string }
  | ({ readonly kind: "ended" } & JobEnd)
  | { readonly kind: "lost"; readonly jobs: number }
  | { readonly kind: "gate"; readonly state: "open" | "paused" | "draining"; readonly by: string }
  | { readonly kind: "renewed"; readonly why: "idle" | "memory" };

/** Why a pool ended, and what it did. `renewed`: it goes on in a process that is begun anew. */
export interface PoolEnd {
  readonly why: "drained" | "deadline" | "interrupted" | "gate" | "paused" | "stopped" | "renewed";
  readonly ends: readonly JobEnd[];
}

/** The sessions of one pool. */
export interface Hands {
  readonly active: ReadonlyMap<string, Promise<void>>;
  readonly ends: readonly JobEnd[];
  /** Takes jobs until nothing is ready, or as many are being done. */
  fill(most: number): Promise<void>;
  /** Of a try of this pool: does nobody do it any more? Null: it is another's. */
  isLeftBehind(owner: string): boolean | null;
  /** How long sessions of this pool take lately, in milliseconds; null before the first has ended. */
  tookMs(): number | null;
  /** Resolves when a session ends, work may have come, or a while has passed. */
  wait(): Promise<void>;
  /** Saves what runs. Throws what no session should ever throw. */
  letGo(reason: unknown): Promise<void>;
}

/** Works on jobs until it is told to end, or nothing is left. One process, many sessions. */
export async function runPool(desk: PoolDesk): Promise<PoolEnd> {
  const { ledger, onNews } = desk;
  const hands = handsOf(desk);
  const look = watchman(desk, hands);
  const tired = renewalOf(desk, hands);
  let gate = "open";
  let why = endOf(desk);
  while (why === null) {
    const size = await look();
    const { state, by } = await readGate(ledger);
    if (state !== gate) onNews({ kind: "gate", state, by });
    gate = state;
    const anew = tired();
    if (state === "open" && anew === null) await hands.fill(size);
    const idle = hands.active.size === 0;
    if (idle && state === "draining") why = "gate";
    else if (idle && desk.drain && (await isEmpty(desk))) why = "drained";
    else if (idle && desk.drain && state === "paused") why = "paused";
    else if (idle && anew !== null) {
      onNews({ kind: "renewed", why: anew });
      why = "renewed";
    } else {
      await hands.wait();
      why = endOf(desk);
    }
  }
  await hands.letGo(desk.signal.aborted ? desk.signal.reason : new Interrupted("SIGTERM"));
  return { why, ends: hands.ends };
}

/** How a session of a pool took lately: the newest counts for a quarter. */
const averaged = (before: number | null, tookMs: number): number =>
  before === null ? tookMs : 0.75 * before + 0.25 * tookMs;

/** Why the pool ends right now; null when it goes on. */
function endOf({ signal, isStopped, until, clock }: PoolDesk): PoolEnd["why"] | null {
  if (signal.aborted) return "interrupted";
  if (isStopped()) return "stopped";
  return until !== null && clock.now() >= until ? "deadline" : null;
}

function handsOf(desk: PoolDesk): Hands {
  const { ledger, clock, onNews, limits, lanes } = desk;
  const stop = new AbortController();
  const active = new Map<string, Promise<void>>();
  const ends: JobEnd[] = [];
  const failures: unknown[] = [];
  // Several pools of one process know their own tries apart.
  const pool = `${thisProcess()} ${clock.newId()}`;
  const rest = restOf(desk);
  let claims = 0;
  let tookMs: number | null = null;
  /** Repositories of work that this machine could not do. */
  const elsewhere = new Set<string>();

  const begin = (lease: JobLease): void => {
    const { subject: task, tries } = lease.job;
    const began = clock.now();
    const onTask = ({ title }: NamedTask): void => onNews({ kind: "began", task, title, tries });
    const onStart = (run: string): void => onNews({ kind: "run", task, run });
    const done = doJob({ ...desk, signal: stop.signal, onTask, onStart }, lease)
      .then((end) => {
        ends.push(end);
        tookMs = averaged(tookMs, clock.now() - began);
        onNews({ kind: "ended", ...end });
      })
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        active.delete(lease.owner);
        rest.wake();
      });
    active.set(lease.owner, done);
  };
  return {
    active,
    ends,
    tookMs: () => tookMs,
    async fill(most) {
      while (active.size < most) {
        const now = clock.now();
        // Each try has an owner of its own: what one of this very process has left behind is known by it.
        const owner = `${pool} ${(claims += 1)}`;
        const worker = { owner, now, until: now + LEASE_MS, kinds: [TASK_JOB], lanes };
        const lease = await ledger.queue.claim({ ...worker, limits: new Map([...limits, ...noneIn(elsewhere, desk)]) });
        if (!lease) return;
        if (desk.isHere(lease.job.repository)) begin(lease);
        else {
          elsewhere.add(lease.job.repository);
          await leaveToOthers(desk, lease);
        }
      }
    },
    isLeftBehind: (owner) => (owner.startsWith(`${pool} `) ? !active.has(owner) : null),
    async wait() {
      if (failures.length > 0) throw failures[0];
      await rest.wait();
    },
    async letGo(reason) {
      rest.close();
      stop.abort(reason);
      await Promise.all(active.values());
      if (failures.length > 0) throw failures[0];
    },
  };
}

/** Limits that keep a machine from work in repositories that it still has not. */
const noneIn = (repositories: ReadonlySet<string>, desk: PoolDesk) =>
  [...repositories].filter((path) => !desk.isHere(path)).map((path) => [`repository:${path}`, 0] as const);

async function leaveToOthers({ ledger, clock }: PoolDesk, lease: JobLease): Promise<void> {
  const { repository, tries } = lease.job;
  const now = clock.now();
  const reason = `${repository} is not on ${hostname()}, or for hosts with another label`;
  await ledger.queue.move([{ kind: "again", now, lease, at: now, tries, reason }]);
}

/** Nothing waits, is due later, or is done by others, of what this machine could do. */
const isEmpty = async (desk: PoolDesk): Promise<boolean> => {
  const stats = await desk.ledger.queue.stats();
  return stats.every(
    ({ state, lane, repository }) => state === "done" || state === "dead" || lane !== "" || !desk.isHere(repository),
  );
};
