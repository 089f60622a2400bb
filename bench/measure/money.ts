import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../../scripts/random.ts";
import { systemClock } from "../../src/clock.ts";
import type { Event } from "../../src/ledger/events.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { type Budgets, scopesOf } from "../../src/policy/budgets.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Desk, Measurement } from "../desk.ts";
import { compareBooks } from "../money/books.ts";
import { startProvider } from "../money/provider.ts";
import { atMost, type Row } from "../row.ts";
import { median } from "../statistics.ts";

/** Chance that a process is killed in the next tenth of a second, once it has done a run. */
const KILL = 0.02;
const PROCESSES = 8;
const CONTENDERS = 16;
const faultWorker = fileURLToPath(new URL("../money/worker.ts", import.meta.url));
const contender = fileURLToPath(new URL("../money/contender.ts", import.meta.url));

/** What honest money costs, and whether it is honest: a thousand runs against a provider that fails, in processes that are killed. */
export const money: Measurement = {
  name: "money",
  about: "reserving and settling, processes that race for the last dollar, and a thousand runs full of faults",
  run: async (desk) => [...(await perTurn(desk)), ...(await contention(desk)), ...(await faults(desk))],
};

const openBook = async (file: string): Promise<Ledger> =>
  openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });

const requested: Event = {
  type: "model.requested",
  session: "patch",
  turn: 1,
  messages: 2,
  inputTokens: 100,
  reserved: 1000,
};
const settled: Event = { type: "model.failed", session: "patch", turn: 1, kind: "rate", reason: "", billable: false };

/** The two facts of a turn with the accounts, and without: the difference is what reserving costs. */
async function perTurn(desk: Desk): Promise<Row[]> {
  const book = await openBook(join(desk.dir, "accounts.sqlite"));
  const turns = desk.repeats(2000, 500);
  const timed = async (charge: boolean): Promise<number> => {
    const log = await book.open(systemClock.newId());
    const at = systemClock.now();
    if (charge) log.charge(() => scopesOf(unlimited, { run: log.run, repository: "/r", at }));
    const startedAt = performance.now();
    for (let turn = 0; turn < turns; turn++) {
      await log.append(requested);
      await log.append(settled);
    }
    const ms = (performance.now() - startedAt) / turns;
    await log.close();
    return ms;
  };
  await timed(true);
  const plain: number[] = [];
  const charged: number[] = [];
  for (let round = 0; round < desk.repeats(5, 3); round++) {
    plain.push(await timed(false));
    charged.push(await timed(true));
  }
  await book.close();
  return [
    {
      what: "reserve and settle a turn in four accounts, beside its two facts",
      unit: "ms",
      value: Math.max(0, median(charged) - median(plain)),
      budget: atMost(1),
    },
  ];
}

const unlimited: Budgets = { run: null, day: 1e15, repository: null, fleet: 1e15 };

/** Sixteen processes on one account. */
async function contention(desk: Desk): Promise<Row[]> {
  const file = join(desk.dir, "contention.sqlite");
  await (await openBook(file)).close();
  const turns = desk.repeats(200, 50);
  const spent = await Promise.all(
    Array.from({ length: CONTENDERS }, async (_, index) => {
      const { said } = await worker(contender, [file, `contender-${index}`, String(turns)]);
      return said.map(Number);
    }),
  );
  const sorted = spent.flat().toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return [
    { what: `a reservation with ${CONTENDERS} processes on one account, median`, unit: "ms", value: at(0.5) },
    { what: `a reservation with ${CONTENDERS} processes on one account, 95th percentile`, unit: "ms", value: at(0.95) },
  ];
}

/** A thousand runs, or a hundred, in eight processes of which many are killed: no scope may be overspent by one nano-dollar. */
async function faults(desk: Desk): Promise<Row[]> {
  const file = join(desk.dir, "faults.sqlite");
  const book = await openBook(file);
  const provider = await startProvider(1);
  const runs = Array.from({ length: desk.repeats(1000, 100) }, (_, index) => `run-${index}`);
  const all = runs.length * 4e7;
  const budgets: Budgets = { run: 8e7, day: all * 0.9, repository: all * 0.1, fleet: all * 0.85 };
  const at = systemClock.now();
  const next = randomFrom(2);
  let kills = 0;
  await Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      let left = runs.filter((_run, number) => number % PROCESSES === index);
      for (let life = 0; left.length > 0; life++) {
        const seed = String(index * 1000 + life);
        const { said, killed } = await worker(
          faultWorker,
          [file, provider.url, seed, JSON.stringify(budgets), ...left],
          next,
        );
        left = left.filter((run) => !said.includes(run));
        if (killed) kills += 1;
      }
    }),
  );
  const books = await compareBooks(book, provider.invoice, { runs, budgets, at });
  await book.close();
  await provider.close();
  const billed = `billed $${(books.billed / 1e9).toFixed(2)}, counted $${(books.counted / 1e9).toFixed(2)}, ${provider.requests.length} requests, ${kills} processes killed`;
  return [
    {
      what: `scopes overspent in ${runs.length} fault runs, of ${books.scopes}`,
      unit: "scopes",
      value: books.overspent.length,
      budget: atMost(0),
      note: billed,
    },
    {
      what: "scopes that count less than was billed",
      unit: "scopes",
      value: books.undercounted.length,
      budget: atMost(0),
    },
    { what: "scopes with money set aside for nobody", unit: "scopes", value: books.leaked.length, budget: atMost(0) },
  ];
}

/** A process to its end, and the lines it said; with `next` it may be killed at any time. */
function worker(
  file: string,
  args: readonly string[],
  next?: () => number,
): Promise<{ readonly said: readonly string[]; readonly killed: boolean }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const killer = setInterval(() => next && said !== "" && next() < KILL && child.kill("SIGKILL"), 100);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(killer);
      if (code !== 0 && signal === null) return reject(new Error(`${file} ended with ${code}`));
      resolve({ said: said.split("\n").filter(Boolean), killed: signal !== null });
    });
  });
}
