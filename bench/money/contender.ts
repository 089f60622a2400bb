import { systemClock } from "../../src/clock.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import { scopesOf } from "../../src/policy/budgets.ts";
import { openSqlite } from "../../src/store/sqlite.ts";

// A process that reserves and frees again as fast as it can, and says how long each reservation took, in milliseconds.
const [file = "", run = "", turns = "0"] = process.argv.slice(2);
const ledger = openLedger({ store: await openSqlite(file), clock: systemClock, scrub: (text) => text });
const log = await ledger.open(run);
const budgets = { run: null, day: 1e15, repository: 1e15, fleet: 1e15 };
log.charge(() => scopesOf(budgets, { run, repository: "/r", at: systemClock.now() }));
for (let turn = 0; turn < Number(turns); turn++) {
  const startedAt = performance.now();
  await log.append({
    type: "model.requested",
    session: "patch",
    turn,
    messages: 2,
    inputTokens: 100,
    reserved: 1000,
  });
  process.stdout.write(`${(performance.now() - startedAt).toFixed(3)}\n`);
  await log.append({ type: "model.failed", session: "patch", turn, kind: "rate", reason: "", billable: false });
}
await log.close();
await ledger.close();
