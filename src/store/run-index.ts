/** Which streams are meant: runs, or tasks. */
export type StreamKind = "run" | "task";

/**
 * What a list of runs shows and is searched by, worked out from a run's events. Tasks are listed in the same way: `outcome`
 * is how a task stands, `parent` the task that it is a part of.
 */
export interface ListedAs {
  /** When it began, in milliseconds since the epoch. */
  readonly started: number;
  readonly workflow: string;
  readonly repository: string;
  /** How it ended or paused; empty while it is open. */
  readonly outcome: string;
  /** The run that started it, if one did. */
  readonly parent: string | null;
  /** What is shown of it, as JSON. */
  readonly shown: string;
}

/** `last`: the event that it was worked out up to. */
export interface IndexEntry extends ListedAs {
  readonly run: string;
  readonly last: number;
}

/** How a run is listed at one moment. */
export interface Listing {
  /** Null when it is not listed. */
  readonly entry: IndexEntry | null;
  /** The event up to which it counts as listed; -1 when it does not, or is worked out anew each time. */
  readonly upTo: number;
}

/** Which runs are wanted, or tasks where `kind` says so; newest first. */
export interface IndexQuery {
  readonly kind?: StreamKind | undefined;
  readonly run?: string | undefined;
  readonly outcome?: string | undefined;
  readonly workflow?: string | undefined;
  readonly repository?: string | undefined;
  readonly parent?: string | undefined;
  /** Begun at this time or later. */
  readonly since?: number | undefined;
  /** Only runs listed after this one, for the next page. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * A cache of what runs are listed by, so that a page does not fold every event of its runs. It is no source of anything:
 * an entry that is older than its run's events counts as missing, and all of it can be worked out again.
 */
export interface RunIndex {
  /** Runs whose entry is missing or too old: among the newest `newest` runs from `from` on, or of all when undefined. */
  unindexed(
    page?: { readonly newest: number; readonly from?: string | undefined },
    kind?: StreamKind,
  ): Promise<readonly string[]>;
  putIndex(entries: readonly IndexEntry[]): Promise<void>;
  indexed(query: IndexQuery): Promise<readonly IndexEntry[]>;
  /** Forgets all entries. */
  dropIndex(): Promise<void>;
}
