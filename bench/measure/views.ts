import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { listRuns } from "../../src/cli/run-list.ts";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { listedAs } from "../../src/reports/run-row.ts";
import type { IndexEntry } from "../../src/store/run-index.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Row as StoredRow, Store } from "../../src/store/store.ts";
import { type Desk, environment, makeHome, type Measurement, program } from "../desk.ts";
import { rowsOfRun } from "../ledger-events.ts";
import { atMost, type Row } from "../row.ts";
import { median } from "../statistics.ts";

const PAGE = 50;
const LONG = 1000;
/** Sorts after all others, so that it is the newest. */
const LONG_RUN = "zzzzzzzzzzzz";

/** What a person waits for: a page of a long list, and one long run. */
export const views: Measurement = {
  name: "views",
  about: "pages of the list of a ledger of many runs, and one run of 1,000 events opened by a process",
  async run(desk) {
    const home = makeHome(desk.dir, "views");
    mkdirSync(join(home, "claw"), { recursive: true });
    const store = await openSqlite(join(home, "claw", "ledger.sqlite"));
    const runs = desk.repeats(100_000, 10_000);
    const ledger = openLedger({ store, clock: systemClock, scrub: (text) => text });
    try {
      await seed(store, runs);
      await store.append({ rows: rowsOfRun(LONG_RUN, LONG), blobs: [], durable: false });
      const tell = (): void => {};
      const size = `${runs.toLocaleString("en")} runs`;
      const page = (query: object) => typical(desk, () => listRuns(ledger, { limit: PAGE, tell, ...query }));
      const rows: Row[] = [
        row(`newest ${PAGE}`, await page({}), size),
        row(`${PAGE} from the middle on`, await page({ before: idOf(runs >> 1) }), size),
        row(`${PAGE} of one outcome`, await page({ outcome: "stuck" }), "1 run in 100"),
        row("an outcome that nothing has", await page({ outcome: "unproven" }), size),
        row(`${PAGE} of one repository`, await page({ repository: "/repository/7" }), "1 run in 1,000"),
      ];
      await ledger.close();
      return [...rows, ...opening(desk, home)];
    } finally {
      await ledger.close().catch(() => {});
    }
  },
};

const row = (what: string, value: number, note: string): Row => ({ what, unit: "ms", value, budget: atMost(50), note });

const idOf = (index: number): string => `b${String(index).padStart(11, "0")}`;

/** Short runs, in bulk, with what they are listed by. */
async function seed(store: Store, runs: number): Promise<void> {
  for (let from = 0; from < runs; from += 1000) {
    const made = Array.from({ length: Math.min(1000, runs - from) }, (_, index) => shortRun(from + index));
    await store.append({ rows: made.flatMap(({ rows }) => rows), blobs: [], durable: false });
    await store.putIndex(made.map(({ entry }) => entry));
  }
}

function shortRun(index: number): { rows: StoredRow[]; entry: IndexEntry } {
  const run = idOf(index);
  const [first] = rowsOfRun(run, 1);
  const started = { ...(JSON.parse(first?.body ?? "{}") as object), repository: `/repository/${index % 1000}` };
  const end = { at: 1, type: "run.ended", outcome: index % 100 === 0 ? "stuck" : "proven", reason: "", hint: "" };
  let head = GENESIS;
  const rows = [started, end].map((event, seq) => {
    const body = JSON.stringify(event);
    head = seal(head, run, seq, body);
    return { run, seq, body, hash: head };
  });
  const listed = listedAs([started, end].map((event, seq) => ({ ...event, seq })) as Parameters<typeof listedAs>[0]);
  if (!listed) throw new Error("the seeded run has no beginning");
  return { rows, entry: { run, last: 1, ...listed } };
}

/** How much longer a process takes that opens a long run than one that only starts. */
function opening(desk: Desk, home: string): Row[] {
  const env = environment(home);
  const timed = (...args: string[]): number => {
    const startedAt = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], { env, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return performance.now() - startedAt;
  };
  const rounds = desk.repeats(15, 5);
  return [["show"], ["why"], ["log", "--json"]].map((command) => {
    timed(...command, LONG_RUN);
    const times = Array.from({ length: rounds }, () => timed(...command, LONG_RUN) - timed("version"));
    return row(`claw ${command.join(" ")}, beyond process start-up`, median(times), `a run of ${LONG} events`);
  });
}

async function typical(desk: Desk, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < desk.repeats(15, 7); round++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return median(times);
}
