import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { openStore } from "../../src/store/open.ts";
import { requested } from "./facts.ts";

// A process of its own that reserves so much for a request which never gets an answer, and waits to be killed.
const [file = "", run = "", scope = "", nano = "0"] = process.argv.slice(2);
const ledger = openLedger({ store: await openStore(file), clock: systemClock, scrub: (text) => text });
const log = await ledger.open(run);
log.charge(() => [{ scope, limit: null }]);
await log.append(requested(Number(nano)));
process.stdout.write("reserved\n");
setInterval(() => {}, 60_000);
