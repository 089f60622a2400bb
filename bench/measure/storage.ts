import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { replayRun } from "../../src/agent/replay/replay.ts";
import { systemClock } from "../../src/clock.ts";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { requestsOf } from "../../src/views/requests.ts";
import { foldRun } from "../../src/views/run.ts";
import { foldSession } from "../../src/views/session.ts";
import { foldSpend } from "../../src/views/spend.ts";
import { type Desk, makeHome, type Measurement } from "../desk.ts";
import { atLeast, atMost, type Row } from "../row.ts";
import { session } from "../session.ts";
import { median } from "../statistics.ts";
import { work } from "../trajectory.ts";

/** What a real session leaves in the ledger, against what the same requests would take up one by one. */
export const storage: Measurement = {
  name: "storage",
  about: "the ledger after one real session: bytes per event and run, with and without compression and shared history",
  async run(desk) {
    const turns = desk.repeats(100, 30);
    const home = makeHome(desk.dir, "storage");
    const { requests } = await session({ subject: "claw", trajectory: work(turns), home });
    const store = await openSqlite(join(home, "claw", "ledger.sqlite"));
    const ledger = openLedger({ store, clock: systemClock, scrub: (text) => text });
    try {
      const [newest] = await ledger.newest(1);
      const { events } = await ledger.read(newest?.run ?? "");
      const size = await store.size();
      // A session was asked for; a request that is no turn of it would be missing here.
      if (requestsOf(events).length !== requests.length) throw new Error("the record lacks a request");
      const replayed = await replay(desk, ledger, newest?.run ?? "");
      const turned = await turnsOf(ledger, events);
      return [...sizes(requests, size), await onDisk(desk), ...turned, fold(desk, events), replayed];
    } finally {
      await ledger.close();
    }
  },
};

function sizes(
  requests: readonly string[],
  size: Awaited<ReturnType<Awaited<ReturnType<typeof openSqlite>>["size"]>>,
): Row[] {
  const { events, bodies, file, log } = size;
  const asJson = requests.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const packed = requests.reduce((sum, text) => sum + zstdCompressSync(text).length, 0);
  const kilo = (bytes: number): number => bytes / 1000;
  const told = `${requests.length} turns, ${events.count} events, ${bodies.count} bodies`;
  return [
    { what: "event", unit: "B", value: events.bytes / events.count, note: told },
    { what: "events of the run", unit: "kB", value: kilo(events.bytes) },
    { what: "bodies, as they are", unit: "kB", value: kilo(bodies.plain), note: "each once: history is shared" },
    { what: "bodies, as stored", unit: "kB", value: kilo(bodies.stored), note: "compressed one by one" },
    { what: "every request as JSON", unit: "kB", value: kilo(asJson), note: "what storing each prompt would take" },
    { what: "every request as JSON, compressed", unit: "kB", value: kilo(packed) },
    {
      goal: "G8",
      what: "requests against what is stored for them",
      unit: "×",
      value: asJson / bodies.stored,
      budget: atLeast(40),
    },
    { what: "the whole file, with its log", unit: "kB", value: kilo(file + log) },
  ];
}

/** What the chain, the keys and the pages of the file add to an event of 244 bytes. */
async function onDisk(desk: Desk): Promise<Row> {
  const store = await openSqlite(join(desk.dir, "events.sqlite"));
  const runs = desk.repeats(100, 30);
  const body = JSON.stringify({ at: 1_700_000_000_000, type: "stage.started", stage: "x".repeat(186) });
  for (let number = 0; number < runs; number++) {
    const run = `bench${String(number).padStart(7, "0")}`;
    let head = GENESIS;
    const rows = Array.from({ length: 400 }, (_, seq) => {
      head = seal(head, run, seq, body);
      return { run, seq, body, hash: head };
    });
    await store.append({ rows, blobs: [], durable: false });
  }
  await store.vacuum();
  const { file, events } = await store.size();
  await store.close();
  const note = `${events.count.toLocaleString("en")} events, ${Math.round(events.bytes / events.count)} B each`;
  return {
    goal: "G8",
    what: "event of 244 B, on disk",
    unit: "B",
    value: file / events.count,
    budget: atMost(400),
    note,
  };
}

/** What a turn's new messages cost to store, and a whole prompt to read. */
async function turnsOf(ledger: Ledger, events: Parameters<typeof foldRun>[0]): Promise<Row[]> {
  const [stored, loaded]: [number[], number[]] = [[], []];
  const log = await ledger.open(systemClock.newId());
  const before = new Set<string>();
  for (const { messages } of requestsOf(events)) {
    const began = performance.now();
    const texts = await Promise.all(messages.map((sha) => ledger.text(sha)));
    loaded.push(performance.now() - began);
    const fresh = texts.filter((_, index) => !before.has(messages[index] ?? ""));
    for (const sha of messages) before.add(sha);
    const startedAt = performance.now();
    // As another text: what is stored already costs less.
    for (const text of fresh) log.put(`${text} `);
    await log.append({ type: "stage.started", stage: "x" });
    stored.push(performance.now() - startedAt);
  }
  await log.close();
  const note = `${loaded.length} turns; the last prompt has ${requestsOf(events).at(-1)?.messages.length} messages`;
  return [
    {
      goal: "G8",
      what: "a turn's messages stored, median",
      unit: "ms",
      value: median(stored),
      budget: atMost(0.3),
      note,
    },
    { goal: "G8", what: "the longest prompts read", unit: "ms", value: median(loaded.slice(-9)), budget: atMost(5) },
  ];
}

function fold(desk: Desk, events: Parameters<typeof foldRun>[0]): Row {
  const rates = Array.from({ length: desk.repeats(15, 7) }, () => {
    const startedAt = performance.now();
    foldRun(events);
    foldSpend(events);
    foldSession(events, "reproduce");
    return (events.length * 1000) / (performance.now() - startedAt);
  });
  return { what: "fold of its events", unit: "events/s", value: median(rates), note: "run, spend and session" };
}

/** The session once more from its record: every request put together as it was sent, every reply read as it came. */
async function replay(desk: Desk, ledger: Ledger, run: string): Promise<Row> {
  const times: number[] = [];
  let note = "";
  for (let round = 0; round < desk.repeats(5, 3); round++) {
    const startedAt = performance.now();
    const { divergence, requests, wire } = await replayRun(ledger, run);
    times.push((performance.now() - startedAt) / 1000);
    if (divergence || wire.requests !== requests) throw new Error(`the replay diverges: ${JSON.stringify(divergence)}`);
    note = `${requests} turns, ${Math.round(requests / median(times))} a second`;
  }
  return { what: "replay of it, byte for byte", unit: "s", value: median(times), budget: atMost(5), note };
}
