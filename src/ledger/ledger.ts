import type { Clock } from "../clock.ts";
import { Fenced, LedgerBroken } from "../errors.ts";
import type { ListedAs, RunIndex } from "../store/run-index.ts";
import type { Account, Row, Scope, Store } from "../store/store.ts";
import { type Audit, auditLedger, type AuditRequest } from "./audit/audit.ts";
import { GENESIS, nextAnchor, seal, verifyRows } from "./chain.ts";
import { Event, type EventOf, type Recorded, type Sha } from "./events.ts";
import { type ExportLine, exportLines } from "./export.ts";
import { moneyOf } from "./money.ts";
import { isGone, thisProcess } from "./owner.ts";
import { scrubbedJson, stagedBodies } from "./staged.ts";
import { type StoredBodies, storedBodies } from "./stored-bodies.ts";
import { upcast } from "./upcast.ts";

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
  /** Stages a body and names it. It becomes durable with the next event. Text is scrubbed of secrets first; bytes stay. */
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

export interface Ledger extends StoredBodies, RunIndex {
  /** Starts or continues writing a run; throws Fenced while a live process owns it, LedgerBroken when its chain does not hold. */
  open(run: string): Promise<RunLog>;
  read(run: string): Promise<RunRecord>;
  /** First and last fact of the newest runs, newest first. */
  newest(limit: number): Promise<readonly RunEnds[]>;
  /** Does a live process write this run right now? */
  active(run: string): Promise<boolean>;
  /** Run ids that begin with `prefix`. */
  find(prefix: string): Promise<readonly string[]>;
  /** What accounts hold; what a dead process had reserved counts as spent. */
  accounts(scopes: readonly string[]): Promise<readonly Account[]>;
  /** Keeps a text that belongs to no run, by its hash. Scrubbed like any other. */
  keep(text: string): Promise<Sha>;
  /** Looks for anything that is not as it was written. */
  audit(request?: AuditRequest): Promise<Audit>;
  /** Everything there is of a run, to be checked elsewhere. `claw` is the version that exports it. */
  export(run: string, claw: string): AsyncIterable<ExportLine>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Removes secrets from text before it is hashed and stored: afterwards there is no honest way. */
  readonly scrub: (text: string) => string;
}

export function openLedger({ store, clock, scrub }: LedgerOptions): Ledger {
  const bodies = storedBodies(store, scrub);
  const read = async (run: string): Promise<RunRecord> => {
    const rows = await store.rows(run);
    return { run, head: verifyRows(rows), events: rows.map(parse) };
  };

  const active = async (run: string): Promise<boolean> => {
    const owner = await store.owner(run);
    return owner !== null && !isGone(owner);
  };

  return {
    read,
    ...bodies,
    active,
    find: (prefix) => store.find(prefix),
    unindexed: (page) => store.unindexed(page),
    putIndex: (entries) => store.putIndex(entries),
    indexed: (query) => store.indexed(query),
    dropIndex: () => store.dropIndex(),
    accounts: async (scopes) => {
      await store.settleGone(isGone);
      return store.accounts(scopes);
    },
    audit: (request) => auditLedger(store, request),
    export: (run, claw) => exportLines(store, run, claw),
    newest: async (limit) => {
      const ends = await store.ends(limit);
      return Promise.all(
        ends.map(async ({ first, last }) => {
          const started = parse(first) as Recorded<EventOf<"run.started">>;
          return { run: first.run, started, last: parse(last), active: await active(first.run) };
        }),
      );
    },
    open: async (run) => {
      const owner = thisProcess();
      if (!(await store.claim(run, owner, isGone))) throw new Fenced(run);
      try {
        return writer({ store, clock, scrub, owner, bytes: (sha) => bodies.bytes(sha), record: await read(run) });
      } catch (error) {
        await store.release(run, owner);
        throw error;
      }
    },
    close: () => store.close(),
  };
}

interface Desk extends LedgerOptions {
  readonly owner: string;
  readonly record: RunRecord;
  readonly bytes: (sha: Sha) => Promise<Uint8Array>;
}

function writer({ store, clock, scrub, owner, record, bytes }: Desk): RunLog {
  const { run } = record;
  const events = [...record.events];
  const listeners: ((event: Recorded) => void)[] = [];
  let head = record.head;
  let charged: (() => readonly Scope[]) | null = null;
  const staged = stagedBodies();
  // Facts keep the order in which they were told, also when calls run side by side.
  let queue: Promise<unknown> = Promise.resolve();

  const write = async (facts: readonly Event[]): Promise<readonly Recorded[]> => {
    const rows: Row[] = [];
    for (const fact of facts) {
      const seq = events.length + rows.length;
      const body = scrubbedJson({ at: clock.now(), ...Event.parse(fact) }, scrub);
      rows.push({ run, seq, body, hash: seal(rows.at(-1)?.hash ?? head, run, seq, body) });
    }
    const recorded = rows.map(parse);
    const scopes = charged;
    const money = scopes === null ? [] : facts.flatMap((fact) => moneyOf(fact, { run, owner, scopes }));
    await staged.flush((blobs) => store.append({ rows, blobs, durable: facts.some(mustSurvivePowerLoss), money }));
    head = rows.at(-1)?.hash ?? head;
    events.push(...recorded);
    for (const fact of recorded) for (const listener of listeners) listener(fact);
    return recorded;
  };
  const appendTogether = (facts: readonly Event[]): Promise<readonly Recorded[]> => {
    const written = queue.then(() => write(facts));
    queue = written.catch(() => {});
    return written;
  };
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const waitingOrStored = async (sha: Sha): Promise<Uint8Array> => staged.find(sha) ?? (await bytes(sha));

  return {
    run,
    events,
    get head() {
      return head;
    },
    append: async (event) => (await appendTogether([event]))[0] as Recorded,
    appendTogether,
    put: (body) => staged.put(typeof body === "string" ? encode(scrub(body)) : body),
    putJson: (value) => staged.put(encode(scrubbedJson(value, scrub))),
    bytes: waitingOrStored,
    text: async (sha) => new TextDecoder().decode(await waitingOrStored(sha)),
    charge: (scopes) => void (charged = scopes),
    listen: (listener) => void listeners.push(listener),
    async close(listed = null) {
      await queue;
      if (listed) await store.putIndex([{ run, last: events.length - 1, ...listed }]);
      if (head !== GENESIS) {
        await store.anchor((newest) => nextAnchor(newest, { run, last: events.length - 1, head, at: clock.now() }));
      }
      await store.release(run, owner);
    },
  };
}

/** Intent and result of an effect outside the sandbox, decisions of people, and how a run ended. */
const mustSurvivePowerLoss = ({ type }: Event): boolean =>
  type.startsWith("effect.") ||
  type.startsWith("approval.") ||
  type === "run.started" ||
  type === "run.ended" ||
  type === "run.paused";

function parse(row: Row): Recorded {
  const { at, ...stored } = JSON.parse(row.body) as { at: number; type?: unknown };
  const event = Event.safeParse(upcast(stored));
  if (event.success) return { ...event.data, seq: row.seq, at };
  throw new LedgerBroken(
    `event ${row.seq} of run ${row.run} (${String(stored.type).slice(0, 60)}) is not one that this claw knows`,
    "it was probably recorded by a newer claw: update this one",
  );
}
