import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { createClone } from "../../src/repo/clone.ts";
import { openRepository } from "../../src/repo/repository.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { type Desk, type Measurement, prepare } from "../desk.ts";
import { atLeast, atMost, type Row } from "../row.ts";
import { median } from "../statistics.ts";

const WRITERS = 16;
const FILES = 3000;
const appender = fileURLToPath(new URL("../durable/appender.ts", import.meta.url));

/** What it costs to lose nothing: many writers, a killed one, checks, copies and snapshots. */
export const durability: Measurement = {
  name: "durability",
  about: "sixteen processes that append at once, a run taken over from a killed one, verification, backup, snapshots",
  run: async (desk) => [
    ...(await crowd(desk, "ordinary", "NORMAL")),
    ...(await crowd(desk, "durable", "FULL")),
    await takeOver(desk),
    ...(await copies(desk)),
    ...(await snapshots(desk)),
  ],
};

interface Writer {
  readonly child: ChildProcess;
  readonly next: () => Promise<string>;
}

/** A process of its own that holds a run and is ready to write. */
async function writer(...args: readonly string[]): Promise<Writer> {
  const child = spawn(process.execPath, [appender, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  if ((await next()) !== "ready") throw new Error("a writer did not begin");
  return { child, next };
}

async function crowd(desk: Desk, kind: "ordinary" | "durable", mode: string): Promise<Row[]> {
  const file = join(desk.dir, `${kind}.sqlite`);
  const each = kind === "durable" ? desk.repeats(100, 30) : desk.repeats(500, 100);
  const writers = await Promise.all(
    Array.from({ length: WRITERS }, (_, index) => writer(file, `run${index}`, String(each), kind)),
  );
  const startedAt = performance.now();
  for (const { child } of writers) child.stdin?.write("go\n");
  const said = await Promise.all(
    writers.map(async ({ next, child }) => {
      const ended = once(child, "exit");
      const told = JSON.parse(await next()) as { ms: number; worst: number };
      await ended;
      return told;
    }),
  );
  const slowest = Math.max(...said.map(({ ms }) => ms));
  const wallMs = Math.min(performance.now() - startedAt, slowest);
  const ledger = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
  // Reading checks the chain.
  const runs = await Promise.all(writers.map((_, index) => ledger.read(`run${index}`)));
  await ledger.close();
  const lost = runs.filter(({ events }) => events.length !== each + 1).length;
  if (lost > 0) throw new Error(`${lost} runs have lost events`);
  return [
    {
      what: `append, ${WRITERS} processes, synchronous ${mode}`,
      unit: "events/s",
      value: (WRITERS * each * 1000) / wallMs,
      note: `${WRITERS * each} events, none lost, every chain holds`,
    },
    {
      goal: "G5",
      what: `append, ${WRITERS} processes, ${mode}: the longest wait`,
      unit: "ms",
      value: Math.max(...said.map(({ worst }) => worst)),
      budget: atMost(500),
      note: `the fastest process took ${Math.round((100 * Math.min(...said.map(({ ms }) => ms))) / slowest)} % of the slowest's time`,
    },
  ];
}

/** From kill -9 of a run's writer to the next writer's first fact. */
async function takeOver(desk: Desk): Promise<Row> {
  const file = join(desk.dir, "killed.sqlite");
  const ledger = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
  const times: number[] = [];
  for (let round = 0; round < desk.repeats(7, 3); round++) {
    const { child } = await writer(file, `run${round}`, "0", "hold");
    const gone = once(child, "exit");
    const startedAt = performance.now();
    child.kill("SIGKILL");
    await gone;
    const log = await ledger.open(`run${round}`);
    await log.append({ type: "run.resumed", host: "bench" });
    times.push(performance.now() - startedAt);
    await log.close();
  }
  await ledger.close();
  return { goal: "G6", what: "a run taken over after kill -9", unit: "ms", value: median(times), budget: atMost(500) };
}

/** Many runs of small events, without bodies: what the chain alone costs. */
async function copies(desk: Desk): Promise<Row[]> {
  const store = await openSqlite(join(desk.dir, "many.sqlite"));
  const runs = desk.repeats(1000, 50);
  const body = JSON.stringify({ at: 1_700_000_000_000, type: "stage.started", stage: "x".repeat(186) });
  for (let number = 0; number < runs; number++) {
    const run = `bench${String(number).padStart(7, "0")}`;
    let head = GENESIS;
    const rows = Array.from({ length: 1000 }, (_, seq) => ({
      run,
      seq,
      body,
      hash: (head = seal(head, run, seq, body)),
    }));
    await store.append({ rows, blobs: [], durable: false });
  }
  const ledger = openLedger({ store, clock: systemClock, scrub: (text) => text });
  const verifyAt = performance.now();
  const { events } = await ledger.audit();
  const verifyMs = performance.now() - verifyAt;
  const backupAt = performance.now();
  const copy = join(desk.dir, "copy.sqlite");
  await ledger.backup(copy);
  const backupMs = performance.now() - backupAt;
  await ledger.close();
  const size = `${events.toLocaleString("en")} events of 240 B`;
  return [
    {
      goal: "G9",
      what: "verify chains",
      unit: "events/s",
      value: (events * 1000) / verifyMs,
      budget: atLeast(150_000),
      note: size,
    },
    {
      goal: "G9",
      what: "backup while open",
      unit: "s",
      value: backupMs / 1000,
      ...(!desk.quick && { budget: atMost(3) }),
      note: `${size}, ${Math.round(statSync(copy).size / 1e6)} MB`,
    },
  ];
}

/** A workspace of some thousand files, of which a few change between two snapshots. */
async function snapshots(desk: Desk): Promise<Row[]> {
  const root = join(desk.dir, "many-files");
  for (let dir = 0; dir < 60; dir++) mkdirSync(join(root, `d${dir}`), { recursive: true });
  const write = (index: number, text: string): void =>
    writeFileSync(join(root, `d${index % 60}`, `f${index}.ts`), `${text}\n`.repeat(300));
  for (let index = 0; index < FILES; index++) write(index, `export const value${index} = ${index};`);
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "base"],
  ])
    prepare("git", args, root);
  const repository = await openRepository(root);
  const clone = await createClone(repository, repository.head, join(desk.dir, "snapshot-clone"));
  const work = join(desk.dir, "snapshot-work");
  mkdirSync(work);
  const began = performance.now();
  await clone.checkout(clone.base.tree, work);
  const restoreMs = performance.now() - began;
  const times: number[] = [];
  for (let round = 0; round < desk.repeats(15, 5); round++) {
    writeFileSync(join(work, "d1", "f1.ts"), `round ${round}\n`);
    const startedAt = performance.now();
    await clone.snapshot(work);
    times.push(performance.now() - startedAt);
  }
  const note = `${FILES} files`;
  return [
    { goal: "G11", what: "snapshot of a workspace", unit: "ms", value: median(times), budget: atMost(60), note },
    { goal: "G11", what: "a workspace made from a snapshot", unit: "ms", value: restoreMs, budget: atMost(2000), note },
  ];
}
