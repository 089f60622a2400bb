/** A schedule as workers look for it. What it says and who enabled it are facts in the ledger; this is only when it is due next. */
export interface DueSchedule {
  readonly name: string;
  /** Milliseconds since the epoch; 0: never, as long as nobody enables it. */
  readonly due: number;
}

/**
 * Part of an append: moves a schedule from one time to the next, 0 for none. One of those who try gets through; for the others
 * nothing of the append becomes true, and it throws SlotTaken. A schedule that nobody knows yet is at 0.
 */
export interface SlotMove {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface Schedules {
  /** Those that are due at `now` or earlier, longest due first; at most `limit`. */
  dueSchedules(now: number, limit: number): Promise<readonly DueSchedule[]>;
  /** Every schedule there ever was, in order of their names. */
  schedules(): Promise<readonly DueSchedule[]>;
}
