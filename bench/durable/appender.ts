import { once } from "node:events";
import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { durable, ordinary } from "../ledger-events.ts";

// A process that appends so many facts to a run of its own when it is told to begin, and says how long all of them and the
// slowest took, in milliseconds. With "hold" it keeps the run until it is killed.
const [file = "", run = "", count = "0", kind = "ordinary"] = process.argv.slice(2);
const event = kind === "durable" ? durable : ordinary;
const ledger = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
const log = await ledger.open(run);
await log.append(ordinary(0));
process.stdout.write("ready\n");
if (kind === "hold") setInterval(() => {}, 60_000);
else {
  await once(process.stdin, "data");
  const startedAt = performance.now();
  let worst = 0;
  for (let turn = 1; turn <= Number(count); turn++) {
    const before = performance.now();
    await log.append(event(turn));
    worst = Math.max(worst, performance.now() - before);
  }
  process.stdout.write(`${JSON.stringify({ ms: performance.now() - startedAt, worst })}\n`);
  await log.close();
  await ledger.close();
  process.exit(0);
}
