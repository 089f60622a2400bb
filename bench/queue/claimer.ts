import { once } from "node:events";
import { openClaw } from "./claw.ts";
import { openBoss } from "./boss.ts";

// A process that takes one job after the other and ends each in the transaction of one fact, until none is left. It begins when
// it is told to, and says how many it did, how long all took and each claim, in milliseconds.
const [kind = "", place = "", owner = "", mode = ""] = process.argv.slice(2);
const open = kind === "boss" ? openBoss : openClaw;
const worker = await open({ place, owner, durable: mode === "durable" });
process.stdout.write("ready\n");
await once(process.stdin, "data");
const claims: number[] = [];
const startedAt = performance.now();
for (;;) {
  const before = performance.now();
  const end = await worker.claim();
  if (!end) break;
  claims.push(performance.now() - before);
  await end();
}
process.stdout.write(`${JSON.stringify({ claims, ms: performance.now() - startedAt })}\n`);
await worker.close();
process.exit(0);
