/** What a ledger takes up, in bytes. */
export interface LedgerSize {
  readonly file: number;
  /** The write-ahead log beside it. */
  readonly log: number;
  /** Inside the file, and not used. */
  readonly free: number;
  readonly runs: number;
  readonly anchors: number;
  readonly events: { readonly count: number; readonly bytes: number };
  /** `plain` as they were given, `stored` as they lie there. */
  readonly bodies: {
    readonly count: number;
    readonly redacted: number;
    readonly plain: number;
    readonly stored: number;
  };
}

/** Keeping a ledger: nothing here happens by itself. */
export interface Upkeep {
  /** Takes the bytes of bodies out for good and leaves their names. */
  dropBodies(shas: readonly string[]): Promise<void>;
  /** Was this body taken out? False for one that was never there. */
  isDropped(sha: string): Promise<boolean>;
  /** Bytes that these bodies take up. */
  bodyBytes(shas: readonly string[]): Promise<number>;
  size(): Promise<LedgerSize>;
  /** Copies the whole store into a new file, while others go on writing. */
  backup(file: string): Promise<void>;
  /** Gives unused space back to the system; says how many bytes. */
  vacuum(): Promise<number>;
}
