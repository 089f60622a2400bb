import { createHash, randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { catchUp } from "../../src/cli/run-list.ts";
import { systemClock } from "../../src/clock.ts";
import { GENESIS, nextAnchor } from "../../src/ledger/chain.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { Blob, Store } from "../../src/store/store.ts";
import { type Desk, environment, makeHome, type Measurement, program } from "../desk.ts";
import { bodiesOfRun, rowsOfRun } from "../ledger-events.ts";
import { finish } from "../process.ts";
import { atMost, type Row } from "../row.ts";

const RUN_LENGTH = 1000;
/** Bodies of a run that no other run has, and their size: half noise, half not, as compressible as source text. */
const OWN_BODIES = 250;
const BODY_BYTES = 2000;

/** What an audit of everything costs, as a process of its own. */
export const audit: Measurement = {
  name: "audit",
  about: "claw audit verify over a large ledger: every event, every body, every anchor",
  async run(desk) {
    const home = makeHome(desk.dir, "audit");
    const env = environment(home);
    mkdirSync(join(home, "claw"), { mode: 0o700 });
    const runs = desk.repeats(1000, 50);
    const store = await openSqlite(join(home, "claw", "ledger.sqlite"));
    await fill(store, runs);
    const ledger = openLedger({ store, clock: systemClock, scrub: (text) => text });
    // What the list shows is compared with the events as well.
    await catchUp(ledger, undefined, () => {});
    await ledger.close();
    const args = [program, "audit", "verify", "--json", "--no-repository"];
    const verified = await finish(process.execPath, args, { cwd: home, env, sampleMs: 20 });
    const said = JSON.parse(verified.stdout) as { holds: boolean; events: number; bodies: number };
    if (verified.exitCode !== 0 || !said.holds) throw new Error(`the audit found something: ${verified.stdout}`);
    return rowsOf(desk, said, verified);
  },
};

function rowsOf(
  desk: Desk,
  { events, bodies }: { readonly events: number; readonly bodies: number },
  { wallMs, peakKb }: { readonly wallMs: number; readonly peakKb: number },
): Row[] {
  const number = (value: number): string => value.toLocaleString("en");
  const note = `${number(events)} events, ${number(bodies)} bodies`;
  return [
    {
      what: "verify a whole ledger",
      unit: "s",
      value: wallMs / 1000,
      note,
      ...(!desk.quick && { budget: atMost(30) }),
    },
    { what: "verify a whole ledger, peak memory", unit: "MB", value: peakKb / 1024, note, budget: atMost(200) },
  ];
}

/** So many runs, written in bulk. */
async function fill(store: Store, runs: number): Promise<void> {
  await store.append({ rows: [], blobs: bodiesOfRun(RUN_LENGTH), durable: false });
  for (let index = 0; index < runs; index++) {
    const run = `bench${String(index).padStart(7, "0")}`;
    const rows = rowsOfRun(run, RUN_LENGTH);
    await store.append({ rows, blobs: Array.from({ length: OWN_BODIES }, ownBody), durable: false });
    const head = rows.at(-1)?.hash ?? GENESIS;
    await store.anchor((newest) => nextAnchor(newest, { run, last: RUN_LENGTH - 1, head, at: index }));
  }
}

function ownBody(): Blob {
  const data = Buffer.alloc(
    BODY_BYTES,
    randomBytes(BODY_BYTES / 2)
      .toString("base64")
      .slice(0, BODY_BYTES / 2),
  );
  return { sha: createHash("sha256").update(data).digest("hex"), data };
}
