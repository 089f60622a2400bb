import { hostname } from "node:os";
import { openLedger } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";

// A process of its own that claims runs, named with commas between, and writes so many facts of each, all runs at once;
// with "hold" it then keeps them until it is killed.
const [file = "", runs = "", facts = "0", then = "close"] = process.argv.slice(2);
const ledger = openLedger({ store: await openStore(file), clock: systemClock, scrub: (text) => text });
const logs = await Promise.all(runs.split(",").map((run) => ledger.open(run)));
await Promise.all(
  logs.map(async (log) => {
    for (let index = 0; index < Number(facts); index++) {
      log.put(`body ${index} of ${log.run}`);
      await log.append({ type: "stage.started", stage: `stage ${index}` });
    }
  }),
);
process.stdout.write(`ready on ${hostname()}\n`);
if (then === "hold") setInterval(() => {}, 60_000);
else {
  for (const log of logs) await log.close();
  await ledger.close();
}
