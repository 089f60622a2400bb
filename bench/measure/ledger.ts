import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import type { Event } from "../../src/ledger/events.ts";
import { type Ledger, openLedger, type RunLog } from "../../src/ledger/ledger.ts";
import { scrubber } from "../../src/policy/secrets.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { foldRun } from "../../src/views/run.ts";
import { foldSession } from "../../src/views/session.ts";
import { foldSpend } from "../../src/views/spend.ts";
import type { Desk, Measurement } from "../desk.ts";
import { durable, ordinary, rowsOfRun } from "../ledger-events.ts";
import { atLeast, atMost, type Row } from "../row.ts";
import { median } from "../statistics.ts";

const RUN_LENGTH = 1000;
const PAGE = 50;

/** What keeping facts costs, through the same code that runs use: schema, scrubbing, hash chain, one commit a fact. */
export const ledger: Measurement = {
  name: "ledger",
  about: "facts of 0.8 kB appended one by one, folds, and pages of a large ledger",
  async run(desk) {
    const store = await openSqlite(join(desk.dir, "ledger.sqlite"));
    const book = openLedger({
      store,
      clock: systemClock,
      scrub: scrubber([{ name: "BENCH_KEY", value: "a-secret-of-the-bench" }]),
    });
    try {
      return [...(await appending(desk, book)), ...(await reading(desk, book, store))];
    } finally {
      await book.close();
    }
  },
};

async function appending(desk: Desk, book: Ledger): Promise<Row[]> {
  const log = await book.open(systemClock.newId());
  const rounds = desk.repeats(7, 3);
  const normal = await rate(log, ordinary, desk.repeats(4000, 1500), rounds);
  const full = await rate(log, durable, desk.repeats(1000, 300), rounds);
  await log.close();
  return [
    { what: "append, synchronous NORMAL", unit: "events/s", value: normal, budget: atLeast(10_000) },
    {
      what: "append, synchronous FULL",
      unit: "events/s",
      value: full,
      budget: atLeast(4000),
      note: "as fast as the disk says it has written",
    },
  ];
}

async function rate(log: RunLog, event: (turn: number) => Event, count: number, rounds: number): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    for (let turn = 0; turn < count; turn++) await log.append(event(turn));
    rates.push((count * 1000) / (performance.now() - startedAt));
  }
  return median(rates);
}

/** Reads from a ledger of many runs, filled in bulk: nobody waits for that part. */
async function reading(desk: Desk, book: Ledger, store: Store): Promise<Row[]> {
  const runs = desk.repeats(200, 50);
  const names = Array.from({ length: runs }, (_, index) => `bench${String(index).padStart(7, "0")}`);
  for (const run of names) await store.append({ rows: rowsOfRun(run, RUN_LENGTH), blobs: [], durable: false });
  const one = names[runs >> 1] ?? "";
  const { events } = await book.read(one);
  const size = `${(runs * RUN_LENGTH).toLocaleString("en")} events in ${runs} runs`;
  const rounds = desk.repeats(15, 7);
  const fold = await typical(rounds, () => [foldRun(events), foldSpend(events), foldSession(events, "patch")]);
  const short = events.slice(0, 400);
  const fold400 = await typical(rounds, () => foldRun(short));
  const read = await typical(rounds, () => book.read(one));
  const page = await typical(rounds, () => book.newest(PAGE));
  return [
    {
      what: `fold of a run of ${RUN_LENGTH} events`,
      unit: "ms",
      value: fold,
      budget: atMost(20),
      note: "run, spend and session",
    },
    { goal: "G9", what: "fold of 400 events", unit: "ms", value: fold400, budget: atMost(2), note: "the run's state" },
    { what: `page of ${PAGE} runs`, unit: "ms", value: page, budget: atMost(50), note: size },
    { what: `read and verify a run of ${RUN_LENGTH} events`, unit: "ms", value: read, note: size },
  ];
}

async function typical(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}
