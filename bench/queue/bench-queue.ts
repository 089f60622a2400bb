/** A queue as its bench sees it, beside a ledger in the same database. */
export interface BenchQueue {
  /** Adds so many jobs, one commit each. */
  fill(jobs: number): Promise<void>;
  /** Takes a job; null when there is none. What it gives ends the job and records one fact, in one transaction. */
  claim(): Promise<(() => Promise<void>) | null>;
  /** How many jobs are done, and how many facts there are. */
  counts(): Promise<{ readonly done: number; readonly facts: number }>;
  close(): Promise<void>;
}

export interface BenchQueueChoice {
  /** A file, or the address of a PostgreSQL database. */
  readonly place: string;
  readonly owner: string;
  /** Wait for the disk at the end of each job? */
  readonly durable: boolean;
  /** End a job and record its fact in two transactions? Only to know what one costs less. */
  readonly apart?: boolean;
}

/** What one fact says: about as much as the end of a stage. */
export const FACT = JSON.stringify({ at: 1_700_000_000_000, type: "stage.started", stage: "x".repeat(186) });

/** So many may be done at once: the limit is asked at every claim, and never reached. */
export const AT_ONCE = 1000;
