import type { Holder } from "./store.ts";

/** From the most urgent, 0, to what can wait, 4. */
export type Priority = 0 | 1 | 2 | 3 | 4;

/**
 * How long a job must have waited to stand where one of the next higher priority stands that comes now, in milliseconds.
 * So the lowest priority runs within four hours of work that came later, whatever comes.
 */
export const AGEING_MS = 3_600_000;

/** Work for whoever is free. Disposable: what is true of the work itself is in the ledger. */
export interface NewJob {
  /** Given by whoever adds it, from the clock. */
  readonly id: string;
  /** Who knows what to do with it. */
  readonly kind: string;
  /** What it is about: a task's id. */
  readonly subject: string;
  /** JSON, for who does it. */
  readonly payload: string;
  /** As long as a job under this key waits or is being done, no second one is added; null: any number. */
  readonly dedupe: string | null;
  readonly priority: Priority;
  /** Not before then, in milliseconds since the epoch. */
  readonly at: number;
  /** The label that a host must carry to do it; empty for any host. */
  readonly lane: string;
  /** What limits go by; empty where there is nothing to limit. */
  readonly role: string;
  readonly model: string;
  readonly repository: string;
}

/** One try at a job that is over, and how it went. */
export interface Try {
  /** When it was claimed, and given back, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly owner: string;
  readonly how: "crashed" | "again" | "dead" | "revived";
  readonly reason: string;
}

export type JobState = "ready" | "deferred" | "leased" | "done" | "dead";

/** A job as it stands. */
export interface Job extends NewJob {
  readonly state: JobState;
  readonly added: number;
  /** Tries that count, since there was progress. */
  readonly tries: number;
  /** How often its worker went away. */
  readonly crashes: number;
  /** Who does it, and until when without a sign of life; empty and 0 while nobody does. */
  readonly owner: string;
  readonly until: number;
  /** Of the last try; 0 before. */
  readonly started: number;
  readonly ended: number;
  /** Every try that is over, oldest first; of very many the newest. */
  readonly history: readonly Try[];
}

/** The right to do a job. `fence` rises with each claim, so that a late worker is known by it. */
export interface JobLease {
  readonly job: Job;
  readonly owner: string;
  readonly fence: number;
  /** What else a driver knows the try by. */
  readonly handle?: string;
}

/**
 * One change of the queue, at a moment `now`. All but `add` throw Fenced when the job is no longer the worker's;
 * `hold` does nothing else. `again`
 * gives it back, to be claimed at `at` or later, with `tries` as the number that counts from now on. `bury` puts it with the
 * dead ones.
 */
export type JobMove = { readonly now: number } & (
  | { readonly kind: "add"; readonly job: NewJob }
  | { readonly kind: "hold"; readonly lease: JobLease }
  | { readonly kind: "finish"; readonly lease: JobLease }
  | {
      readonly kind: "again";
      readonly lease: JobLease;
      readonly at: number;
      readonly tries: number;
      readonly reason: string;
    }
  | { readonly kind: "bury"; readonly lease: JobLease; readonly reason: string }
);

/** Who asks for work, and what may run at once. */
export interface Worker {
  readonly owner: string;
  readonly now: number;
  /** When the lease ends without a heartbeat. */
  readonly until: number;
  readonly kinds: readonly string[];
  /** Labels that this host carries; work without a label is for every host. */
  readonly lanes: readonly string[];
  /**
   * The most jobs at once over all processes, by "all", "role:<role>", "model:<model>" and "repository:<path>"; "role:*" and so on
   * hold for each one of its kind.
   */
  readonly limits: ReadonlyMap<string, number>;
  /** Only jobs on this. */
  readonly subject?: string;
}

/** Jobs in one state that share what limits go by. */
export interface LaneStats {
  readonly lane: string;
  readonly role: string;
  readonly model: string;
  readonly repository: string;
  readonly state: JobState;
  readonly jobs: number;
  /** When the one that waits longest was added; of jobs that are done, when the last one was. */
  readonly oldest: number;
  /** How long those that are done took on average, in milliseconds; null for other states. */
  readonly tookMs: number | null;
}

export interface JobQuery {
  readonly state?: JobState;
  readonly id?: string;
  readonly subject?: string;
  readonly limit: number;
}

/** Work in the order of its urgency, handed out once each. In the same database as the ledger, so that both change together. */
export interface Queue {
  /** Makes or brings up to date what it is built on, for a driver that changes nothing of that unasked. */
  readonly install?: () => Promise<void>;
  /** All of these or none. Gives the ids of the jobs that were added: one whose dedupe key is taken is not. */
  move(moves: readonly JobMove[]): Promise<readonly string[]>;
  /** The most urgent job that may run; null when there is none. One atomic step: no two ever get the same. */
  claim(worker: Worker): Promise<JobLease | null>;
  /** Puts off the end of a lease; false when the job is no longer the worker's: stop at once. */
  heartbeat(lease: JobLease, until: number): Promise<boolean>;
  /** Makes jobs ready whose workers are gone, and counts a crash for each. Gives those jobs. */
  reap(mayTake: (holder: Holder) => boolean, now: number): Promise<readonly Job[]>;
  /** In the order in which they would be claimed; dead ones and done ones newest first. */
  jobs(query: JobQuery): Promise<readonly Job[]>;
  stats(): Promise<readonly LaneStats[]>;
  /** Makes dead jobs ready again, their history kept and their tries counted anew. Gives those that were dead. */
  redrive(ids: readonly string[], now: number): Promise<readonly string[]>;
  /** Forgets jobs that nobody does right now. Gives those. */
  drop(ids: readonly string[]): Promise<readonly string[]>;
  /**
   * Calls `wake` soon after jobs or tasks may have become ready, and may do so for nothing; gives what ends that. Missing where
   * a driver hears of nothing. Nobody may rely on it: who waits looks now and then all the same.
   */
  readonly hear?: (wake: () => void) => () => void;
  /** Forgets jobs that ended before these moments. Gives how many. */
  prune(before: { readonly done: number; readonly dead: number }): Promise<number>;
}

/** Where a job stands that was added at a moment: the lowest comes first. Urgency and age in one number that never changes. */
export const rankOf = (priority: Priority, added: number): number => added + priority * AGEING_MS;

/** How many jobs are being done that share what limits go by. */
export type Usage = Pick<Job, "role" | "model" | "repository"> & { readonly jobs: number };

/** Would one more job of this kind exceed a limit? */
export function isFull(
  wanted: Pick<Job, "role" | "model" | "repository">,
  busy: readonly Usage[],
  limits: ReadonlyMap<string, number>,
): boolean {
  const over = (limit: string, counts: (usage: Usage) => boolean): boolean => {
    const most = limits.get(limit);
    return most !== undefined && busy.filter(counts).reduce((sum, { jobs }) => sum + jobs, 0) >= most;
  };
  return (
    over("all", () => true) ||
    (["role", "model", "repository"] as const).some((name) =>
      [`${name}:${wanted[name]}`, `${name}:*`].some((limit) => over(limit, (usage) => usage[name] === wanted[name])),
    )
  );
}

/** Of a job that is tried for ever the newest tries are kept. */
const MOST_TRIES = 50;

/** A history, as JSON, with one try more. */
export const withTry = (history: string, over: Try): string =>
  JSON.stringify([...(JSON.parse(history) as Try[]), over].slice(-MOST_TRIES));
