import { hostname } from "node:os";
import { openLedger } from "../../src/ledger/ledger.ts";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";

// A process of its own that claims a run and writes so many facts; with "hold" it then keeps the run until it is killed.
const [file = "", run = "", facts = "0", then = "close"] = process.argv.slice(2);
const ledger = openLedger({ store: await openStore(file), clock: systemClock, scrub: (text) => text });
const log = await ledger.open(run);
for (let index = 0; index < Number(facts); index++) {
  log.put(`body ${index} of ${run}`);
  await log.append({ type: "stage.started", stage: `stage ${index}` });
}
process.stdout.write(`ready on ${hostname()}\n`);
if (then === "hold") setInterval(() => {}, 60_000);
else {
  await log.close();
  await ledger.close();
}
