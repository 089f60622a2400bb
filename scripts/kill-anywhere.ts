/**
 * Kills `claw fix` with SIGKILL at random points, from an issue on a forge to the draft pull request, resumes it until it is
 * done, and looks whether anybody could tell: node scripts/kill-anywhere.ts [kills=20] [seed] [--store postgres]
 *
 * With --store postgres the ledger is in a PostgreSQL of the script's own, which is killed now and then as well, and comes back.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Finished } from "../test/support/claw.ts";
import { faults, leave, orphansIn, paused, type Place, place, runOf, undisturbed } from "./disturbed-run.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { randomFrom } from "./random.ts";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { store: { type: "string" } } });
const [kills = 20, seed = Date.now() % 1_000_000] = positionals.map(Number);
const random = randomFrom(seed);
const server = values.store === "postgres" ? await startPostgres() : null;
let [databases, crashes] = [0, 0];

/** The address of a new database; null where the ledger is a file. */
async function database(): Promise<string | null> {
  if (!server) return null;
  const name = `run${(databases += 1)}`;
  await server.create(name);
  return server.url(name, "loopback");
}

/** A server that crashes takes what was not to survive that with it, and is back soon. */
async function crash(): Promise<void> {
  crashes += 1;
  await server?.kill();
  await server?.start();
}

/** One attempt, killed after `ms` if it is not over by then. */
async function attempt({ used, cwd, env }: Place, run: string | null, ms: number): Promise<Finished> {
  const args = run === null ? ["fix", "7", "--json"] : ["resume", run, "--json"];
  const { child, done } = used.start(args, { cwd, env });
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), ms);
  let crashed = Promise.resolve();
  const soon = Math.min(5000, random() * ms);
  const crashing = server && random() < 0.2 ? setTimeout(() => void (crashed = crash()), soon) : undefined;
  const finished = await done;
  clearTimeout(timer);
  clearTimeout(crashing);
  await crashed;
  return finished;
}

const { diff, ms } = await undisturbed(await database());
console.log(`seed ${seed}; undisturbed it takes ${Math.round(ms)} ms`);
let [killed, runs, lost, pauses, wrong] = [0, 0, 0, 0, 0];
while (killed < kills) {
  const at = await place(undefined, undefined, await database());
  runs += 1;
  let left = ms;
  let finished: Finished;
  for (let disturbances = 1 + Math.floor(random() * 6); ; disturbances -= 1) {
    const known = await runOf(at);
    // Each process lives a random part of what is left to do, its start included.
    const life = disturbances > 0 ? random() * (left + 300) : 600_000;
    finished = await attempt(at, known?.run ?? null, life);
    // Killed when all was done but saying so: there is nothing left to resume, as claw then says.
    if (known?.status === "ended" && finished.code === 2) finished = { ...finished, code: 0 };
    // What the machine could not give just then is no fault: a person would continue the run.
    if (finished.code !== null && paused.includes(finished.code) && pauses < 20) {
      pauses += 1;
      continue;
    }
    if (finished.code !== null) break;
    killed += 1;
    left = Math.max(300, left - life);
    const orphans = await orphansIn(at.used.dir);
    if (orphans.length > 0) console.log(`✗ run ${runs}: still running after a kill: ${orphans.join("; ")}`);
    wrong += orphans.length;
    const begun = await runOf(at);
    if (begun && random() < 0.1) {
      lost += 1;
      rmSync(join(at.used.clawHome, "runs", begun.run, "clone"), { recursive: true, force: true });
    }
  }
  const found = await faults(at, (await runOf(at))?.run ?? "", finished, diff);
  for (const problem of found) console.log(`✗ run ${runs}: ${problem}`);
  wrong += found.length;
  console.log(`run ${runs}: ${killed} of ${kills} kills`);
  if (found.length > 0) console.log(`  kept: ${at.used.dir}`);
  await (found.length > 0 ? Promise.all([at.forge.close(), at.model.close()]) : leave(at));
}
console.log(
  `${killed} kills in ${runs} runs, ${lost} of them with the clone removed as well, ${pauses} pauses${server ? `, ${crashes} crashes of the server` : ""}: ${wrong} faults`,
);
await server?.stop();
process.exitCode = wrong === 0 ? 0 : 1;
