import { LedgerBroken } from "../errors.ts";
import type { SlotMove } from "../store/schedules.ts";
import { type AnchorRow, type Blob, type Row, SCHEDULE_PREFIX, type Store } from "../store/store.ts";
import { bodiesNamed } from "./bodies.ts";
import { nextAnchor, verifyRows } from "./chain.ts";
import type { Sha } from "./events.ts";
import { recordedIn } from "./recorded.ts";
import { shaOf } from "./staged.ts";

/** A run, a task or a schedule as one ledger has it, for another one to take in. */
export interface StreamCopy {
  readonly run: string;
  readonly rows: readonly Row[];
  /** Null for a body that was taken out. */
  readonly body: (sha: Sha) => Promise<Uint8Array | null>;
}

/**
 * What taking a stream in came to. `further`: it was there up to an earlier event. `ahead`: it has gone on there. `held`: it
 * is being written there. `differs`: another history has its name; nothing was changed.
 */
export type Taken = "new" | "further" | "there" | "ahead" | "held" | "differs";

/** Bodies sent in one transaction, in bytes. */
const AT_ONCE = 8 * 1024 * 1024;

/** Every run, task and schedule of a ledger, in the order of their ids. */
export async function* streamsOf(store: Store): AsyncGenerator<StreamCopy> {
  for (let next = await store.runAfter(""); next; next = await store.runAfter(next.run)) {
    const { run } = next;
    yield { run, rows: await store.rows(run), body: (sha) => store.blob(sha) };
  }
}

/**
 * Takes in what is new of a stream: its bodies first, then all of its events in one transaction, its head anchored as of `at`.
 * What is copied is checked on the way: throws LedgerBroken where it is not as it was written. Done twice it changes nothing.
 */
export async function take(store: Store, { run, rows, body }: StreamCopy, at: number): Promise<Taken> {
  verifyRows(rows);
  const last = rows.at(-1);
  if (!last) return "there";
  const there = await store.listedRun(run);
  const common = there.last === null ? -1 : Math.min(there.last, last.seq);
  if (common >= 0 && (await store.rows(run, common, 1))[0]?.hash !== rows[common]?.hash) return "differs";
  if (there.last !== null && there.last >= last.seq) return there.last === last.seq ? "there" : "ahead";
  if ((await store.owner(run)) !== null) return "held";
  const fresh = rows.slice(common + 1);
  await bring(store, fresh, body);
  const anchor = (newest: AnchorRow | null): AnchorRow =>
    nextAnchor(newest, { run, last: last.seq, head: last.hash, at });
  const slot = await slotOf(store, last);
  await store.append({ rows: fresh, blobs: [], durable: true, anchor, ...(slot && { slot }) });
  return common < 0 ? "new" : "further";
}

/** Where a schedule's newest fact came over, it is due as that says. */
async function slotOf(store: Store, last: Row): Promise<SlotMove | null> {
  if (!last.run.startsWith(SCHEDULE_PREFIX)) return null;
  const name = last.run.slice(SCHEDULE_PREFIX.length);
  const fact = recordedIn(last);
  const there = (await store.schedules()).find((one) => one.name === name);
  return { name, from: there?.due ?? 0, to: "due" in fact && typeof fact.due === "number" ? fact.due : 0 };
}

/** The bodies that rows name and that are not there yet. */
async function bring(store: Store, rows: readonly Row[], body: StreamCopy["body"]): Promise<void> {
  const named = [...new Set(rows.flatMap((row) => bodiesNamed(row.body)))];
  let blobs: Blob[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (blobs.length > 0) await store.append({ rows: [], blobs, durable: false });
    [blobs, size] = [[], 0];
  };
  for (const sha of await store.lacking(named)) {
    const data = await body(sha);
    if (data === null) continue;
    if (shaOf(data) !== sha)
      throw new LedgerBroken(
        `body ${sha.slice(0, 12)} is not what its name, its hash, says`,
        "the ledger that it comes from was changed: look there with claw audit verify",
      );
    blobs.push({ sha, data });
    size += data.length;
    if (size >= AT_ONCE) await flush();
  }
  await flush();
}
