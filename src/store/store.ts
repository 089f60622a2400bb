/** One event as it lies on disk. The store knows bytes and order; what a body means is the ledger's business. */
export interface Row {
  readonly run: string;
  readonly seq: number;
  readonly body: string;
  readonly hash: string;
}

/** A run's head at one moment, chained to the anchor before it: a cut tail or a deleted run shows. */
export interface AnchorRow {
  readonly seq: number;
  readonly run: string;
  /** Sequence number and hash of the run's last event when it was anchored. */
  readonly last: number;
  readonly head: string;
  readonly at: number;
  readonly hash: string;
}

export interface Blob {
  /** SHA-256 of `data`, hex. */
  readonly sha: string;
  readonly data: Uint8Array;
}

/** What becomes true together, or not at all. */
export interface Append {
  readonly rows: readonly Row[];
  readonly blobs: readonly Blob[];
  /** Survives power loss, not only a crash of the process. */
  readonly durable: boolean;
}

/** Bytes and order. Async everywhere, so that a server-side database changes no signature. */
export interface Store {
  /** Throws Fenced when a (run, seq) is taken: two writers can never both extend one chain. */
  append(append: Append): Promise<void>;
  /** Rows of a run from `from` on, in order; empty for an unknown run. */
  rows(run: string, from?: number): Promise<readonly Row[]>;
  /** First and last row of the newest runs, newest first. */
  ends(limit: number): Promise<readonly { readonly first: Row; readonly last: Row }[]>;
  /** Run ids that begin with `prefix`, at most ten. */
  find(prefix: string): Promise<readonly string[]>;
  blob(sha: string): Promise<Uint8Array | null>;
  /** Adds an anchor computed from the newest one, in one transaction. */
  anchor(next: (newest: AnchorRow | null) => AnchorRow): Promise<void>;
  anchors(): Promise<readonly AnchorRow[]>;
  /** Makes `owner` the writer of a run if it has none, or if `mayTake` says its present owner is gone. False when refused. */
  claim(run: string, owner: string, mayTake: (present: string) => boolean): Promise<boolean>;
  owner(run: string): Promise<string | null>;
  release(run: string, owner: string): Promise<void>;
  close(): Promise<void>;
}
