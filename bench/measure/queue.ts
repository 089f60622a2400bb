import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { type PostgresServer, startPostgres } from "../../test/support/postgres-server.ts";
import type { Desk, Measurement } from "../desk.ts";
import type { BenchQueue } from "../queue/bench-queue.ts";
import { openBoss } from "../queue/boss.ts";
import { openClaw } from "../queue/claw.ts";
import { atLeast, atMost, type Row } from "../row.ts";
import { interleaved, median } from "../statistics.ts";

const claimer = fileURLToPath(new URL("../queue/claimer.ts", import.meta.url));
/** What a session's worker asks for per second while it has nothing to do: see TICK_MS of the pool. */
const LOOKS = 4;

/** The queue in a file and on pg-boss in PostgreSQL, beside bare pg-boss in the same server: every job ends in the transaction of a fact. */
export const queue: Measurement = {
  name: "queue",
  about:
    "jobs added, claimed and ended with a fact in one transaction, by many processes; in a file, on pg-boss, and bare pg-boss",
  async run(desk) {
    const server = await startPostgres({ more: ["fsync=on", "autovacuum=on"] });
    try {
      const books = await subjects(desk, server);
      return [
        ...(await adding(desk, books)),
        ...(await claiming(desk, books)),
        ...(desk.quick ? [] : await crowd(desk, books)),
        ...(await seven(desk, books)),
        await together(desk, books),
        await idle(desk),
      ];
    } finally {
      await server.stop();
    }
  },
};

interface Subject {
  readonly kind: "claw" | "boss";
  readonly place: string;
  readonly mode: "durable" | "";
}
type Subjects = Readonly<Record<"file" | "fileFull" | "postgres" | "boss" | "bossAsync", Subject>>;

async function subjects(desk: Desk, server: PostgresServer): Promise<Subjects> {
  for (const name of ["claw", "boss", "boss_async"]) await server.create(name);
  const client = new pg.Client({ connectionString: server.url("postgres") });
  await client.connect();
  await client.query("ALTER DATABASE boss_async SET synchronous_commit = off");
  await client.end();
  return {
    file: { kind: "claw", place: join(desk.dir, "queue.sqlite"), mode: "" },
    fileFull: { kind: "claw", place: join(desk.dir, "queue-full.sqlite"), mode: "durable" },
    postgres: { kind: "claw", place: server.url("claw"), mode: "durable" },
    boss: { kind: "boss", place: server.url("boss"), mode: "durable" },
    bossAsync: { kind: "boss", place: server.url("boss_async"), mode: "" },
  };
}

function opened({ kind, place, mode }: Subject, owner: string): Promise<BenchQueue> {
  return (kind === "boss" ? openBoss : openClaw)({ place, owner, durable: mode === "durable" });
}

async function adding(desk: Desk, { file, postgres, boss }: Subjects): Promise<Row[]> {
  const jobs = desk.repeats(1000, 150);
  const rates = await interleaved(desk.repeats(3, 1), {
    file: () => filled(file, jobs),
    postgres: () => filled(postgres, jobs),
    boss: () => filled(boss, jobs),
  });
  await Promise.all([file, postgres, boss].map((subject) => contest(subject, 1, 0)));
  const per = (name: keyof typeof rates): number => median(rates[name]);
  return [
    { what: "jobs added one by one, in a file", unit: "jobs/s", value: per("file") },
    { what: "on pg-boss", unit: "jobs/s", value: per("postgres") },
    { what: "bare pg-boss", unit: "jobs/s", value: per("boss"), note: "on the same server" },
    { ...times("added in a file against bare pg-boss", rates.file, rates.boss, 20), goal: "G1" },
    { goal: "G1", ...against("added in a file", per("file"), REDIS.added, 1.5) },
  ];
}

async function filled(subject: Subject, jobs: number): Promise<number> {
  const book = await opened(subject, "filler");
  const startedAt = performance.now();
  await book.fill(jobs);
  const rate = (jobs * 1000) / (performance.now() - startedAt);
  await book.close();
  return rate;
}

async function claiming(desk: Desk, books: Subjects): Promise<Row[]> {
  const rows: Row[] = [];
  for (const workers of desk.quick ? [1, 4] : [1, 4, 16]) {
    const jobs = desk.repeats(600, 200);
    const run = (name: keyof Subjects) => async (): Promise<number> =>
      (await contest(books[name], workers, jobs)).perSecond;
    const rates = await interleaved(desk.repeats(3, 1), {
      file: run("file"),
      fileFull: run("fileFull"),
      postgres: run("postgres"),
      boss: run("boss"),
      bossAsync: run("bossAsync"),
    });
    const by = workers === 1 ? "one process" : `${workers} processes`;
    const per = (what: string, name: keyof typeof rates): Row => ({
      what: `claimed and done, ${by}, ${what}`,
      unit: "jobs/s",
      value: median(rates[name]),
    });
    rows.push(
      per("file, synchronous NORMAL", "file"),
      per("file, synchronous FULL", "fileFull"),
      per("on pg-boss", "postgres"),
      per("bare pg-boss", "boss"),
      per("bare pg-boss that does not wait for the disk", "bossAsync"),
      {
        ...times(`${by}: file against bare pg-boss, neither waits for the disk`, rates.file, rates.bossAsync, 5),
        goal: "G2",
      },
      { goal: "G2", ...against(`${by}: file`, median(rates.file), ...redisAt(workers)) },
      {
        ...times(`${by}: file against bare pg-boss, both wait for the disk`, rates.fileFull, rates.boss, 1),
        goal: "G3",
      },
      times(`${by}: on pg-boss against bare pg-boss`, rates.postgres, rates.boss),
    );
  }
  return rows;
}

/** What BullMQ 6.7 did on Redis 7 that writes to disk once a second, on two cores, when both were compared: jobs a second. */
const REDIS = { added: 14_643, claimed: { 1: 7_497, 4: 6_024, 16: 1_778 } } as const;
const redisAt = (workers: number): [number, number] =>
  workers === 1 ? [REDIS.claimed[1], 0.65] : workers === 4 ? [REDIS.claimed[4], 1.1] : [REDIS.claimed[16], 2];

/** Against a figure of another day and another load: read it with the load of this machine in mind. */
const against = (what: string, value: number, figure: number, least: number): Row => ({
  what: `${what} against BullMQ on Redis`,
  unit: "×",
  value: value / figure,
  budget: atLeast(least),
  note: `${figure.toLocaleString("en")} a second, as measured once on two quiet cores: Redis is not installed for this`,
});

/** Sixteen processes that take from one file: does each get its share, and how long does the unluckiest claim wait? */
async function crowd(desk: Desk, { file, fileFull }: Subjects): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [mode, subject] of [
    ["NORMAL", file],
    ["FULL", fileFull],
  ] as const) {
    const { claims, fairness } = await contest(subject, 16, desk.repeats(4000, 800));
    const by = `sixteen processes, ${mode}`;
    rows.push(
      {
        goal: "G5",
        what: `${by}: the least busy against the busiest`,
        unit: "×",
        value: fairness,
        budget: atLeast(0.4),
      },
      { goal: "G5", what: `${by}: the longest claim`, unit: "ms", value: Math.max(...claims), budget: atMost(500) },
    );
  }
  return rows;
}

/** The end of a job and a fact in one transaction, against two transactions, in PostgreSQL. */
async function together(desk: Desk, { postgres }: Subjects): Promise<Row> {
  const jobs = desk.repeats(200, 60);
  const run = (apart: boolean) => async (): Promise<number> => {
    const book = await openClaw({ place: postgres.place, owner: randomUUID(), durable: true, apart });
    await book.fill(jobs);
    const startedAt = performance.now();
    for (let end = await book.claim(); end; end = await book.claim()) await end();
    const rate = (jobs * 1000) / (performance.now() - startedAt);
    await book.close();
    return rate;
  };
  const rates = await interleaved(desk.repeats(3, 2), { one: run(false), two: run(true) });
  return { ...times("PostgreSQL: one transaction against two", rates.one, rates.two, 1), goal: "G10" };
}

/** Seven workers, as the founding measurement had them: 45 tasks a minute, and 63 when it was tuned. */
async function seven(desk: Desk, { file, postgres }: Subjects): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [where, subject] of [
    ["file", file],
    ["on pg-boss", postgres],
  ] as const) {
    const { perSecond, claims, fairness } = await contest(subject, 7, desk.repeats(1500, 300));
    const note = "of the queue alone, with a fact each; how long work takes comes on top. Beside 45, and 63 when tuned";
    rows.push(
      { what: `seven workers, ${where}`, unit: "jobs/min", value: perSecond * 60, budget: atLeast(63), note },
      { what: `a claim, ${where}, p99`, unit: "ms", value: quantile(claims, 0.99) },
      { what: `the least busy of them against the busiest, ${where}`, unit: "×", value: fairness },
    );
  }
  return rows;
}

/** What it costs to find nothing. */
async function idle(desk: Desk): Promise<Row> {
  const book = await opened({ kind: "claw", place: join(desk.dir, "idle.sqlite"), mode: "" }, "idle");
  const looks = desk.repeats(5000, 1000);
  const before = process.cpuUsage();
  for (let look = 0; look < looks; look++) await book.claim();
  const { user, system } = process.cpuUsage(before);
  await book.close();
  return {
    what: "an idle worker's looks, of a core",
    unit: "%",
    value: ((user + system) / 1e6 / looks) * LOOKS * 100,
    budget: atMost(2),
    note: `${LOOKS} a second`,
  };
}

/** So many processes that take jobs until none is left. Throws when one is lost or done twice. */
async function contest(subject: Subject, workers: number, jobs: number) {
  const book = await opened(subject, randomUUID());
  await book.fill(jobs);
  const before = await book.counts();
  const hands = await Promise.all(Array.from({ length: workers }, () => hand(subject)));
  for (const { child } of hands) child.stdin?.write("go\n");
  const said = await Promise.all(hands.map(({ end }) => end()));
  const after = await book.counts();
  await book.close();
  const claims = said.flatMap((one) => one.claims);
  if (
    after.done - before.done !== claims.length ||
    after.facts - before.facts !== claims.length ||
    claims.length < jobs
  )
    throw new Error(
      `${subject.kind} at ${subject.place}, ${workers} workers: ${jobs} jobs, ${claims.length} claims, but ${after.done - before.done} are done`,
    );
  const each = said.map((one) => one.claims.length);
  return {
    perSecond: (claims.length * 1000) / Math.max(...said.map(({ ms }) => ms)),
    claims,
    fairness: Math.min(...each) / Math.max(...each),
  };
}

async function hand({ kind, place, mode }: Subject): Promise<{
  child: ChildProcess;
  end: () => Promise<{ claims: number[]; ms: number }>;
}> {
  const child = spawn(process.execPath, [claimer, kind, place, randomUUID(), mode], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  if (String((await lines.next()).value) !== "ready") throw new Error("a worker did not begin");
  const gone = once(child, "exit");
  return {
    child,
    async end() {
      const told = JSON.parse(String((await lines.next()).value)) as { claims: number[]; ms: number };
      await gone;
      return told;
    },
  };
}

/** Of few jobs a ratio says little: then it has no budget. */
function times(what: string, values: readonly number[], others: readonly number[], least?: number): Row {
  const value = median(values.map((one, round) => one / (others[round] ?? Number.NaN)));
  return { what, unit: "×", value, ...(least !== undefined && values.length > 1 && { budget: atLeast(least) }) };
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
