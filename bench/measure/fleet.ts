import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "../../src/clock.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { ConnectedModel, ModelRequest, Reply } from "../../src/models/model.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Desk, Measurement } from "../desk.ts";
import { collector } from "../garbage.ts";
import { holdSession } from "../fleet-session.ts";
import { atLeast, atMost, type Row } from "../row.ts";

const SESSIONS = 100;
const DELAY_MS = 1_500;
/** Seldom: collecting garbage holds every session up. */
const SAMPLE_MS = 7_000;

/** Many sessions at once in one process, and how much of what is sent was sent before. */
export const fleet: Measurement = {
  name: "fleet",
  about: `${SESSIONS} sessions at once against a slow model, and the prefix of long ones`,
  async run(desk) {
    const ledger = openLedger({
      store: await openSqlite(join(desk.dir, "fleet.sqlite")),
      clock: systemClock,
      scrub: (text) => text,
    });
    try {
      return [...(await together(desk, ledger)), ...(await prefixes(desk, ledger))];
    } finally {
      await ledger.close();
    }
  },
};

async function together(desk: Desk, ledger: Ledger): Promise<Row[]> {
  const turns = desk.repeats(20, 6);
  const server = await slowModel(turns, DELAY_MS);
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", onWarning);
  try {
    const gaps: Gap[] = [];
    const gc = collector();
    await session(ledger, "warm-up", await timed(server.url, []));
    gc();
    const before = process.memoryUsage().heapUsed;
    const usedBefore = process.cpuUsage();
    let most = 0;
    const sampling = setInterval(() => (most = Math.max(most, settledHeap(gc))), SAMPLE_MS);
    const all = Array.from({ length: SESSIONS }, async (_, index) =>
      session(ledger, `fleet${index}`, await timed(server.url, gaps)),
    );
    await Promise.all(all);
    clearInterval(sampling);
    const used = process.cpuUsage(usedBefore);
    const at = (share: number, of: keyof Gap): number => {
      const sorted = gaps.map((gap) => gap[of]).toSorted((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
    };
    const note = `${SESSIONS} sessions of ${turns} turns, a reply every ${DELAY_MS} ms; from a reply to the next request, ledger included`;
    return [
      {
        what: "a session's wait for claw per turn, p95",
        unit: "ms",
        value: at(0.95, "worked"),
        budget: atMost(5),
        note: `${note}; what the process worked meanwhile, for this session and for those before it in the queue`,
      },
      {
        what: "the same by the clock, p95",
        unit: "ms",
        value: at(0.95, "passed"),
        note: "with what else the machine does",
      },
      { what: "the same by the clock, median", unit: "ms", value: at(0.5, "passed") },
      {
        what: "processor time per turn, requests included",
        unit: "ms",
        value: (used.user + used.system) / 1000 / gaps.length,
        note: "does not depend on what else the machine does",
      },
      { what: "heap per session, at most", unit: "MB", value: (most - before) / SESSIONS / 2 ** 20, budget: atMost(8) },
      { what: "warnings of leaked listeners", unit: "", value: warnings.length, budget: atMost(0) },
    ];
  } finally {
    process.off("warning", onWarning);
    server.stop();
  }
}

async function session(ledger: Ledger, run: string, model: ConnectedModel): Promise<void> {
  const log = await ledger.open(run);
  await holdSession(log, model);
  await log.close();
}

/** From a reply to the next request of a session: milliseconds by the clock, and of work of this process. */
interface Gap {
  readonly passed: number;
  readonly worked: number;
}

const workedMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** A real connection, which notes how long it is from each reply to the next request: what claw needs in between. */
async function timed(url: string, gaps: Gap[]): Promise<ConnectedModel> {
  const endpoint = {
    name: "slow",
    baseUrl: url,
    wire: "chat",
    model: "slow",
    key: () => Promise.resolve(undefined),
    selfHosted: true,
  } as const;
  const model = await connectModel(endpoint, systemClock);
  let replied: Gap | null = null;
  return {
    ...model,
    async ask(...question) {
      if (replied) gaps.push({ passed: performance.now() - replied.passed, worked: workedMs() - replied.worked });
      const reply = await model.ask(...question);
      replied = { passed: performance.now(), worked: workedMs() };
      return reply;
    },
  };
}

function settledHeap(gc: () => void): number {
  gc();
  return process.memoryUsage().heapUsed;
}

/** A slow model in a process of its own. */
async function slowModel(turns: number, delayMs: number): Promise<{ url: string; stop: () => void }> {
  const file = join(import.meta.dirname, "..", "slow-model.mjs");
  const child = spawn(process.execPath, [file, String(turns), String(delayMs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = await new Promise<string[]>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve([line]));
    child.once("exit", () => reject(new Error("the slow model ended")));
  });
  return { url: `http://127.0.0.1:${port}/v1`, stop: () => child.kill() };
}

/** Long sessions with a model at hand: no network, exact, so each is held once. */
async function prefixes(desk: Desk, ledger: Ledger): Promise<Row[]> {
  const [short, long] = [desk.repeats(60, 40), desk.repeats(300, 150)];
  const plain = await held(ledger, "prefix-short", short);
  const shortened = await held(ledger, "prefix-long", long);
  return [
    {
      what: "requests that begin with the one before, no compaction",
      unit: "%",
      value: plain.share * 100,
      budget: atLeast(100),
      note: `${short} turns, ${plain.compactions} compactions`,
    },
    {
      what: "requests that begin with the one before, with compaction",
      unit: "%",
      value: shortened.share * 100,
      budget: atLeast(99),
      note: `${long} turns of 1 kB, ${shortened.compactions} compactions`,
    },
    { what: "bytes that begin with those before, with compaction", unit: "%", value: shortened.bytes * 100 },
  ];
}

async function held(ledger: Ledger, run: string, turns: number) {
  const seen = { last: "", requests: 0, whole: 0, same: 0, bytes: 0 };
  let turn = 0;
  const ask = async (request: ModelRequest): Promise<Reply> => {
    const text = JSON.stringify([request.tools, ...request.messages]).slice(0, -1);
    if (request.tools.length > 0) {
      if (seen.last !== "") {
        seen.requests += 1;
        if (text.startsWith(seen.last)) seen.whole += 1;
        seen.same += commonPrefix(text, seen.last);
        seen.bytes += seen.last.length;
      }
      seen.last = text;
    }
    return reply(request, request.tools.length > 0 ? (turn += 1) : 0, { turns, bytes: text.length });
  };
  const info = {
    endpoint: "near",
    model: "m",
    wire: "chat",
    selfHosted: true,
    label: "near/m",
    maxOutputTokens: 4_000,
  } as const;
  const known = { kind: "own-server" };
  const log = await ledger.open(run);
  await holdSession(log, {
    info,
    prices: known,
    window: 200_000,
    price: () => 0,
    ceiling: () => 0,
    ask,
  } as unknown as ConnectedModel);
  const compactions = log.events.filter(({ type }) => type === "session.compacted").length;
  await log.close();
  return { share: seen.whole / seen.requests, bytes: seen.same / seen.bytes, compactions };
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length += 1;
  return length;
}

function reply({ tools }: ModelRequest, turn: number, { turns, bytes }: { turns: number; bytes: number }): Reply {
  const name = turn > turns ? "finish" : turn % 8 === 7 ? "edit" : "bash";
  const args = {
    finish: { outcome: "done", summary: "the end", test_commands: [] },
    edit: { path: "note.txt", old_string: "", new_string: `turn ${turn}`, replace_all: null },
    bash: { command: `1000 ${turn}`, timeout_s: null },
  }[name];
  const calls = tools.length === 0 ? [] : [{ id: `c${turn}`, name, args, repairs: [] }];
  return {
    message: { role: "assistant", text: tools.length === 0 ? "GOAL: go on." : "", calls },
    stop: calls.length > 0 ? "calls" : "end",
    usage: {
      inputUncached: Math.ceil(bytes / 3.6),
      inputCacheRead: 0,
      inputCacheWrite: 0,
      outputVisible: 40,
      outputReasoning: 0,
      source: "provider",
    },
    servedModel: "m",
    servedTier: null,
    requestId: null,
    firstByteMs: 1,
    ms: 1,
  };
}
