/** Something in a ledger that is not as it was written. */
export interface Finding {
  readonly kind: "event" | "run" | "body" | "anchor" | "head" | "statement" | "signature" | "list" | "file";
  /** The run it is about; null for a body that no event names, and for the file of the ledger. */
  readonly run: string | null;
  /** Number of the event or the anchor; null when it is about no single one. */
  readonly seq: number | null;
  /** One clause, without the run. */
  readonly problem: string;
}

/** The head of a run as it is known from outside its ledger: everything up to there must still be in it. */
export interface PublishedHead {
  readonly run: string;
  /** SHA-256, hex. */
  readonly head: string;
  /** Where it is written, for people: "--head", "branch claw/…". */
  readonly where: string;
}
