import type { JobMove, Queue } from "./queue.ts";
import type { Listing, RunIndex } from "./run-index.ts";
import type { Schedules, SlotMove } from "./schedules.ts";
import type { Upkeep } from "./upkeep.ts";

/**
 * Streams are runs and tasks. Ids of tasks begin with this, those of runs with a digit: each kind is a range of the key.
 */
export const TASK_PREFIX = "t-";
/** What the streams of schedules begin with. */
export const SCHEDULE_PREFIX = "timer-";

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

/** Computes an anchor from the newest one. */
export type NextAnchor = (newest: AnchorRow | null) => AnchorRow;

export interface Blob {
  /** SHA-256 of `data`, hex. */
  readonly sha: string;
  readonly data: Uint8Array;
}

/** What becomes true together, or not at all. */
interface Append {
  readonly rows: readonly Row[];
  readonly blobs: readonly Blob[];
  /** Survives power loss, not only a crash of the process. */
  readonly durable: boolean;
  /** What the rows mean for the accounts, in order. Where one would overdraw an account nothing of all this becomes true. */
  readonly money?: readonly MoneyMove[];
  /** Nothing is written once somebody else holds the run. */
  readonly lease?: Lease;
  /** Moves a schedule on: throws SlotTaken where somebody else did so first. */
  readonly slot?: SlotMove;
  /** Adds an anchor computed from the newest one. */
  readonly anchor?: NextAnchor;
  /** Rows of other streams, which nobody holds: made from what each ends with as all of this becomes true. */
  readonly onto?: readonly Onward[];
  /** What becomes of jobs. Where a job is no longer its worker's nothing of all this becomes true: throws Fenced. */
  readonly jobs?: readonly JobMove[];
}

/** How a stream goes on after its newest row; null for a stream without rows. May be called twice. */
export interface Onward {
  readonly run: string;
  readonly rows: (newest: Row | null) => readonly Row[];
  /** The anchor of the last row it wrote, computed from the newest one; none where it is missing or wrote nothing. */
  readonly anchor?: (last: Row, newest: AnchorRow | null) => AnchorRow;
}

/** The right to write a run. `fence` rises whenever the run changes hands, so that a late writer is known by it. */
export interface Lease {
  readonly run: string;
  readonly owner: string;
  readonly fence: number;
}

/** Who holds a run, and until when without a sign of life, in milliseconds since the epoch; 0 when that was not said. */
export interface Holder {
  readonly owner: string;
  readonly until: number;
}

export interface Claim extends Holder {
  /** May the run be taken from the one who holds it? */
  readonly mayTake: (present: Holder) => boolean;
}

/** An account that a request is charged to, and the most that may be in it, in nano-dollars; null: counted, not limited. */
export interface Scope {
  readonly scope: string;
  readonly limit: number | null;
}

/** What an account holds, in integer nano-dollars: paid, and set aside for requests that have no answer yet. */
export interface Account {
  readonly scope: string;
  readonly spent: number;
  readonly reserved: number;
}

/**
 * One change of the accounts. A reservation sets aside the most a request may cost, in every scope or in none: throws
 * Overdrawn. Settling replaces it by what was paid; null takes all of it for paid. A second reservation under the same
 * id takes the first for paid: its request got no answer.
 */
export type MoneyMove =
  | {
      readonly kind: "reserve";
      readonly id: string;
      readonly owner: string;
      readonly nano: number;
      readonly scopes: readonly Scope[];
    }
  | {
      readonly kind: "settle";
      readonly id: string;
      readonly nano: number | null;
      /** Charged when nothing was reserved. */
      readonly scopes: readonly Scope[];
    };

/** Accounts that every process on one database shares. */
interface Accounts {
  /** What these scopes hold; a scope that nobody used yet holds nothing. */
  accounts(scopes: readonly string[]): Promise<readonly Account[]>;
  /** Takes for paid what processes that are gone had reserved: their requests may have been billed. */
  settleGone(gone: (owner: string) => boolean): Promise<void>;
}

/** A run as the list of runs has it: `last` is the highest sequence number it was given, null when it is not on the list. */
export interface ListedRun {
  readonly run: string;
  readonly last: number | null;
}

/** A body as it lies on disk: `data` is null when it was taken out, or can no longer be unpacked. */
export interface StoredBody {
  readonly sha: string;
  readonly data: Uint8Array | null;
  /** Its row says of it what is so, and holds nothing besides it. */
  readonly exact: boolean;
}

/** What an audit reads, piece by piece: a ledger of any size is looked through in little memory. */
export interface Pages {
  /** At most `limit` rows of a run from `from` on, in order; empty for an unknown run. */
  rows(run: string, from?: number, limit?: number): Promise<readonly Row[]>;
  /** Is the text of this row stored in the very bytes that it is written in? Bytes that are no text read as one that is. */
  isExact(row: Row): Promise<boolean>;
  /** The run after `after` in order of their ids, whether it is on the list of runs or only has events; null after the last. */
  runAfter(after: string): Promise<ListedRun | null>;
  /** One run as the list has it. */
  listedRun(run: string): Promise<ListedRun>;
  /** How a run is listed, by a cache: see `RunIndex`. */
  listing(run: string): Promise<Listing>;
  /** At most `limit` entries of that cache that belong to no run. */
  strayListings(limit: number): Promise<readonly string[]>;
  blob(sha: string): Promise<Uint8Array | null>;
  /** One body with what its row says of it; null when there is no row. */
  storedBody(sha: string): Promise<StoredBody | null>;
  /** At most `limit` bodies whose names come after `after`, in order of their names. */
  bodiesAfter(after: string, limit: number): Promise<readonly StoredBody[]>;
  /** Those of the names that no body is stored under. */
  lacking(shas: readonly string[]): Promise<readonly string[]>;
  /** One clause on each thing that is wrong with how all of it is kept, at most ten; empty when nothing is. */
  damage(): Promise<readonly string[]>;
  /** At most `limit` anchors from number `from` on, in order. */
  anchors(from?: number, limit?: number): Promise<readonly AnchorRow[]>;
}

/** What a note becomes; null: it goes. */
interface NextNote<T> {
  readonly body: string | null;
  readonly result: T;
}

/** Disposable state that processes share: nothing is lost with it but time. */
export interface Notes {
  /** Makes of the note under `key`, null when there is none, the next one; nobody comes in between. `next` may be called twice. */
  change<T>(key: string, next: (body: string | null) => NextNote<T>): Promise<T>;
}

/** Where all of it is: in words for people, and whether the way there can be read by others. */
export interface StorePlace {
  readonly shown: string;
  readonly inClear: boolean;
}

/** Bytes and order. Async everywhere, so that a server-side database changes no signature. */
export interface Store extends Pages, Accounts, RunIndex, Upkeep, Notes, Schedules {
  readonly queue: Queue;
  readonly place: StorePlace;
  /** Throws Fenced when a (run, seq) is taken, or the lease is not the run's: two writers can never both extend one chain. Throws Overdrawn, and SlotTaken. */
  append(append: Append): Promise<void>;
  /** First and last row of the newest runs, newest first; no tasks. */
  ends(limit: number): Promise<readonly { readonly first: Row; readonly last: Row }[]>;
  /** Run ids that begin with `prefix`, at most ten. */
  find(prefix: string): Promise<readonly string[]>;
  /** Adds an anchor computed from the newest one, in one transaction. */
  anchor(next: NextAnchor): Promise<void>;
  /** Makes somebody the writer of a run if it has none, or if `mayTake` allows to take it. Null when refused. */
  claim(run: string, claim: Claim): Promise<Lease | null>;
  owner(run: string): Promise<Holder | null>;
  /** Every run that is held, in order of their ids. */
  held(): Promise<readonly (Holder & Lease)[]>;
  /** Puts off the end of a lease; false when it is no longer the run's. */
  renew(lease: Lease, until: number): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  close(): Promise<void>;
}
