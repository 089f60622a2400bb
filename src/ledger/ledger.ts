import type { Clock } from "../clock.ts";
import { Fenced } from "../errors.ts";
import type { Queue } from "../store/queue.ts";
import type { ListedAs, RunIndex } from "../store/run-index.ts";
import type { Upkeep } from "../store/upkeep.ts";
import type { Account, AnchorRow, Holder, Lease, Notes, Scope, Store, StorePlace } from "../store/store.ts";
import { type Audit, auditLedger, type AuditRequest } from "./audit/audit.ts";
import { nextAnchor, verifyRows } from "./chain.ts";
import { type Companion, companions } from "./companion.ts";
import type { Event, EventOf, Recorded, Sha } from "./events.ts";
import { type ExportLine, exportLines, type ExportRequest } from "./export.ts";
import { adopt, type RunCopy } from "./adopt.ts";
import { streamsOf, type StreamCopy, take, type Taken } from "./carry.ts";
import { keepAlive } from "./heartbeat.ts";
import { abandonedRuns } from "./abandoned.ts";
import { openPurse } from "./money.ts";
import { isAbandoned, isGone, LEASE_MS, thisProcess } from "./owner.ts";
import { isEnd, mustSurvivePowerLoss, sealed } from "./sealed.ts";
import { type ScheduleBook, scheduleBook } from "./schedules.ts";
import { scrubbedJson, type Staged, stagedBodies, withoutValues } from "./staged.ts";
import { recordedIn } from "./recorded.ts";
import type { Redaction } from "./redact.ts";
import { taskOfRun } from "./task-of-run.ts";
import { type Tasks, tasksOf } from "./tasks.ts";
import { upkeepOf } from "./upkeep.ts";
import { type StoredBodies, storedBodies } from "./stored-bodies.ts";

/** Reads a run that nobody here writes. */
export interface RunRecord {
  readonly run: string;
  readonly events: readonly Recorded[];
  readonly head: string;
}

/** The one writer of a run. It carries its own head, so a writer that lost the run cannot write to it any more. */
export interface RunLog extends RunRecord {
  /** Records one fact, and with it every body put since the last one, in one transaction. */
  append(event: Event): Promise<Recorded>;
  /** The same for facts that are only true together. */
  appendTogether(events: readonly Event[]): Promise<readonly Recorded[]>;
  /** Stages a body and names it. It becomes durable with the next event. Text is scrubbed of secrets first, bytes of known values only. */
  put(body: string | Uint8Array): Sha;
  /** The same for a value stored as JSON. Its strings are scrubbed before they are quoted, so that it stays readable. */
  putJson(value: unknown): Sha;
  bytes(sha: Sha): Promise<Uint8Array>;
  text(sha: Sha): Promise<string>;
  /**
   * From now on requests are charged to these accounts, asked for at each one: the most it may cost is set aside in the
   * transaction that records `model.requested`, which throws Overdrawn where that does not fit.
   */
  charge(scopes: () => readonly Scope[]): void;
  /** From now on asked at each write, with the facts: what becomes true of a task and of jobs together with them. */
  along(companion: Companion): void;
  /** Aborted, with Fenced, as soon as it is known that another process has taken the run: nothing may be done for it any more. */
  readonly lost: AbortSignal;
  /** Called after each fact is stored, in order. */
  listen(listener: (event: Recorded) => void): void;
  /** Anchors the head and gives the run up. `listed` is how the list of runs has it from now on. */
  close(listed?: ListedAs | null): Promise<void>;
}

interface RunEnds {
  readonly run: string;
  readonly started: Recorded<EventOf<"run.started">>;
  readonly last: Recorded;
  /** A live process writes it right now. */
  readonly active: boolean;
}

export interface Ledger
  extends StoredBodies, RunIndex, Tasks, ScheduleBook, Pick<Upkeep, "size" | "backup" | "vacuum" | "bodyBytes"> {
  /** Takes bodies out for good, with who and why recorded in every run that names one; gives these runs. */
  redact(redaction: Redaction): Promise<readonly string[]>;
  /** Bodies that only runs name which ended before a moment; patches, reports, manifests and prompt files stay. */
  bodiesOfOldRuns(before: number): Promise<readonly Sha[]>;
  /** Starts or continues writing a run; throws Fenced while a live process owns it, LedgerBroken when its chain does not hold. */
  open(run: string): Promise<RunLog>;
  read(run: string): Promise<RunRecord>;
  /** The last fact of a run, without those before it; null for an unknown run. */
  last(run: string): Promise<Recorded | null>;
  /** Its facts from number `from` on: each is checked against the one before it, as far as that one goes. */
  since(run: string, from: number): Promise<readonly Recorded[]>;
  /** First and last fact of the newest runs, newest first. */
  newest(limit: number): Promise<readonly RunEnds[]>;
  /**
   * Runs whose process went away before they ended or paused, oldest first. What such a process still held of a run that
   * is over, or never began, is given up.
   */
  abandoned(): Promise<readonly string[]>;
  /** Does a live process write this run right now? */
  active(run: string): Promise<boolean>;
  /** Run ids that begin with `prefix`. */
  find(prefix: string): Promise<readonly string[]>;
  /** What accounts hold; what a dead process had reserved counts as spent. */
  accounts(scopes: readonly string[]): Promise<readonly Account[]>;
  /** Work for whoever is free; it changes in one transaction with the facts that it goes with. */
  readonly queue: Queue;
  /** State that processes share, and that is no fact: see `Notes`. */
  readonly change: Notes["change"];
  /** Keeps a text that belongs to no run, by its hash. Scrubbed like any other. */
  keep(text: string): Promise<Sha>;
  /** Looks for anything that is not as it was written. */
  audit(request?: AuditRequest): Promise<Audit>;
  /** Everything there is of a run, to be checked elsewhere. */
  export(request: ExportRequest): AsyncIterable<ExportLine>;
  /**
   * Takes in a run that was checked elsewhere, as it is: all of it or nothing. False when it is here already; UsageError
   * when another run, or another length of this one, has its name.
   */
  adopt(copy: RunCopy): Promise<boolean>;
  readonly place: StorePlace;
  /** Every run and task, for another ledger to take in. */
  streams(): AsyncIterable<StreamCopy>;
  /** Takes in what is new of a stream of another ledger: see `take`. */
  take(copy: StreamCopy): Promise<Taken>;
  /** Every run that is held, and by whom. */
  held(): Promise<readonly (Holder & { readonly run: string })[]>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Removes secrets from text before it is hashed and stored: afterwards there is no honest way. */
  readonly scrub: (text: string) => string;
  /** Removes only values that are known to be secret: for bytes, which must otherwise stay as they are. */
  readonly scrubValues?: (text: string) => string;
}

export function openLedger({ store, clock, scrub, scrubValues }: LedgerOptions): Ledger {
  const bodies = storedBodies(store, scrub);
  const read = async (run: string): Promise<RunRecord> => {
    const rows = await store.rows(run);
    return { run, head: verifyRows(rows), events: rows.map(recordedIn) };
  };

  const active = async (run: string): Promise<boolean> => {
    const holder = await store.owner(run);
    return holder !== null && !isAbandoned(holder, clock.now());
  };

  const ledger: Ledger = {
    read,
    since: (run, from) => since(store, run, from),
    ...bodies,
    active,
    last: (run) => lastOf(store, run),
    find: (prefix) => store.find(prefix),
    accounts: async (scopes) => {
      await store.settleGone(isGone);
      return store.accounts(scopes);
    },
    change: (key, next) => store.change(key, next),
    queue: store.queue,
    ...tasksOf({ store, clock, scrub }),
    ...scheduleBook({ store, clock, scrub }),
    audit: (request) => auditLedger(store, request),
    export: (request) => exportLines(store, request),
    adopt: (copy) => adopt(store, copy, clock.now()),
    abandoned: () => abandonedRuns(store, clock.now()),
    newest: async (limit) => {
      const ends = await store.ends(limit);
      return Promise.all(
        ends.map(async ({ first, last }) => {
          const started = recordedIn(first) as Recorded<EventOf<"run.started">>;
          return { run: first.run, started, last: recordedIn(last), active: await active(first.run) };
        }),
      );
    },
    open: async (run) => {
      const now = clock.now();
      const lease = await claim(store, run, now);
      try {
        const record = await read(run);
        const given = { store, clock, scrub, ...(scrubValues && { scrubValues }) };
        return writer({ ...given, lease, claimedAt: now, bytes: (sha) => bodies.bytes(sha), record });
      } catch (error) {
        await store.release(lease);
        throw error;
      }
    },
    ...upkeepOf(store, { active, open: (run) => ledger.open(run) }),
    place: store.place,
    streams: () => streamsOf(store),
    take: (copy) => take(store, copy, clock.now()),
    held: () => store.held(),
    close: () => store.close(),
  };
  return ledger;
}

async function lastOf(store: Store, run: string): Promise<Recorded | null> {
  const { last } = await store.listedRun(run);
  const [row] = last === null ? [] : await store.rows(run, last, 1);
  return row ? recordedIn(row) : null;
}

async function since(store: Pick<Store, "rows">, run: string, from: number): Promise<readonly Recorded[]> {
  const rows = await store.rows(run, Math.max(0, from - 1));
  const [first = null] = from > 0 ? rows : [];
  const fresh = first ? rows.slice(1) : rows;
  verifyRows(fresh, first);
  return fresh.map(recordedIn);
}

async function claim(store: Store, run: string, now: number): Promise<Lease> {
  const mayTake = (present: Holder): boolean => isAbandoned(present, now);
  const lease = await store.claim(run, { owner: thisProcess(), until: now + LEASE_MS, mayTake });
  if (lease) return lease;
  throw new Fenced(run);
}

interface Desk extends LedgerOptions {
  readonly lease: Lease;
  readonly claimedAt: number;
  readonly record: RunRecord;
  readonly bytes: (sha: Sha) => Promise<Uint8Array>;
}

function writer(desk: Desk): RunLog {
  const { store, clock, scrub, lease, record } = desk;
  const { run } = record;
  const [events, listeners] = [[...record.events], [] as ((event: Recorded) => void)[]];
  let head = record.head;
  const purse = openPurse({ run, owner: lease.owner });
  const { along, besides } = companions({ clock, scrub }, taskOfRun(run, events));
  let anchored = head;
  const staged = stagedBodies();
  const heart = keepAlive(store, clock, { lease, since: desk.claimedAt });
  const anchorAt = (last: number, sealed: string, at: number) => (newest: AnchorRow | null) =>
    nextAnchor(newest, { run, last, head: sealed, at });
  // Facts keep the order in which they were told, also when calls run side by side.
  let queue: Promise<unknown> = Promise.resolve();

  const write = async (facts: readonly Event[]): Promise<readonly Recorded[]> => {
    const rows = sealed(facts, { run, head, seq: events.length, at: () => clock.now(), scrub });
    const [recorded, last] = [rows.map(recordedIn), rows.at(-1)];
    if (!last) return [];
    const money = purse.moves(facts);
    // An end that no anchor knows of would be a sign that somebody cut the anchors.
    const anchor = facts.some(isEnd) ? anchorAt(last.seq, last.hash, recorded.at(-1)?.at ?? 0) : undefined;
    const durable = facts.some(mustSurvivePowerLoss);
    const all = { rows, durable, lease, money, ...besides(facts), ...(anchor && { anchor }) };
    await staged.flush((blobs) => store.append({ ...all, blobs }));
    head = last.hash;
    if (anchor) anchored = head;
    events.push(...recorded);
    purse.moved(money);
    for (const fact of recorded) for (const listener of listeners) listener(fact);
    return recorded;
  };
  const appendTogether = (facts: readonly Event[]): Promise<readonly Recorded[]> => {
    const written = queue.then(() => write(facts));
    queue = written.catch(() => {});
    return written;
  };
  return {
    run,
    events,
    get head() {
      return head;
    },
    append: async (event) => (await appendTogether([event]))[0] as Recorded,
    appendTogether,
    ...bodiesOf(staged, desk),
    charge: (scopes) => purse.charge(scopes),
    along,
    listen: (listener) => void listeners.push(listener),
    lost: heart.lost,
    async close(listed = null) {
      await queue;
      heart.stop();
      const money = purse.unanswered();
      if (money.length > 0) await store.append({ rows: [], blobs: [], durable: false, lease, money });
      const last = events.length - 1;
      if (listed) await store.putIndex([{ run, last, ...listed }]);
      if (head !== anchored) await store.anchor(anchorAt(last, head, clock.now()));
      anchored = head;
      await store.release(lease);
    },
  };
}

/** Bodies that wait, and those that are stored. */
function bodiesOf(
  staged: Staged,
  { scrub, scrubValues, bytes: stored }: Pick<Desk, "scrub" | "scrubValues" | "bytes">,
): Pick<RunLog, "put" | "putJson" | "bytes" | "text"> {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const bytes = async (sha: Sha): Promise<Uint8Array> => staged.find(sha) ?? (await stored(sha));
  return {
    put: (body) => staged.put(typeof body === "string" ? encode(scrub(body)) : withoutValues(body, scrubValues)),
    putJson: (value) => staged.put(encode(scrubbedJson(value, scrub))),
    bytes,
    text: async (sha) => new TextDecoder().decode(await bytes(sha)),
  };
}
