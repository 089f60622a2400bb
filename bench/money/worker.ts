import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { Budgets } from "../../src/policy/budgets.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { faultRun } from "./fault-run.ts";
import { randomFrom } from "../../scripts/random.ts";

// A process of its own that does the fault runs it is told, two at a time, and says the name of each one that is over.
const [file = "", url = "", seed = "0", budgets = "{}", ...runs] = process.argv.slice(2);
const ledger = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
const next = randomFrom(Number(seed));
const left = [...runs];
const bench = { ledger, url, budgets: JSON.parse(budgets) as Budgets, next };
await Promise.all(
  [1, 2].map(async () => {
    for (let run = left.shift(); run !== undefined; run = left.shift()) {
      await faultRun(run, bench);
      process.stdout.write(`${run}\n`);
    }
  }),
);
await ledger.close();
