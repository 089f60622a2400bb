/**
 * Kills workers with SIGKILL, and freezes them for longer than their leases, at random points over runs with effects on a
 * forge, and counts what is there in the end:
 *   node scripts/chaos.ts [--kills 60] [--freezes 12] [--workers 4] [--naive] [--store postgres|postgres://…] [--seed n]
 * Work comes as long as there is somebody to disturb; some four a second are, on two cores.
 * --naive leaves out looking before an effect is repeated: then damage must show, or the test shows nothing.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { systemClock } from "../src/clock.ts";
import { openTasks } from "../src/fleet/task-list.ts";
import { openLedger } from "../src/ledger/ledger.ts";
import { taskId } from "../src/ledger/tasks.ts";
import { openStore } from "../src/store/open.ts";
import { foldTask } from "../src/views/task.ts";
import { startPostgres } from "../test/support/postgres-server.ts";
import { chaosTask, FASTER, STAGES } from "./chaos-story.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "60" },
    freezes: { type: "string", default: "12" },
    workers: { type: "string", default: "4" },
    naive: { type: "boolean", default: false },
    store: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [kills, freezes, size] = [Number(values.kills), Number(values.freezes), Number(values.workers)];
const random = randomFrom(Number(values.seed));
const dir = mkdtempSync(join(tmpdir(), "claw-chaos-"));
const postgres = values.store === "postgres" ? await startPostgres() : null;
await postgres?.create("chaos");
const store = postgres?.url("chaos", "loopback") ?? values.store ?? join(dir, "ledger.sqlite");

/** A forge that has done what it was asked before it says so; a second pull request for a branch it refuses. */
const forge = { next: 1, effects: [] as { id: number; kind: string; key: string }[], refused: 0 };
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://forge");
  const same = (kind: string | null, key: string | null) =>
    forge.effects.filter((effect) => effect.kind === kind && effect.key === key);
  const answer = (status: number, body: unknown): void =>
    void setTimeout(() => response.writeHead(status).end(JSON.stringify(body)), random() * 250);
  if (request.method === "GET")
    answer(
      200,
      same(url.searchParams.get("kind"), url.searchParams.get("key")).map(({ id }) => id),
    );
  else if (request.method === "DELETE") {
    forge.effects = forge.effects.filter(({ id }) => id !== Number(url.searchParams.get("id")));
    answer(204, null);
  } else {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { kind, key } = JSON.parse(text) as { kind: string; key: string };
      if (kind === "pull-request" && same(kind, key).length > 0) {
        forge.refused += 1;
        return answer(422, null);
      }
      forge.effects.push({ id: forge.next++, kind, key });
      answer(201, null);
    });
  }
});
await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const ledger = openLedger({ store: await openStore(store), clock: systemClock, scrub: (text) => text });
const tasks: string[] = [];
const addTasks = async (count: number): Promise<void> => {
  for (let added = 0; added < count; added += 1) {
    const title = `task ${tasks.length}`;
    tasks.push(title);
    await ledger.addTask(taskId(title), chaosTask(title));
  }
};

const epoch = String(Date.now());
/** What is compiled once is not compiled again by each that is started: half of what a start costs. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(dir, "compiled") };
const spawned = (mode: string): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, "chaos-worker.ts"), store, address, mode, epoch], {
    stdio: ["ignore", "ignore", "inherit"],
    env,
  });
const over = async (worker: ChildProcess): Promise<void> => {
  if (worker.exitCode === null && worker.signalCode === null) await new Promise((exit) => worker.once("exit", exit));
};
await over(spawned("none"));
const start = (): ChildProcess => spawned(values.naive ? "naive" : "safe");
/** The workers' time: what is measured in theirs must be told in theirs. */
const workersNow = (): number => Number(epoch) + (Date.now() - Number(epoch)) * FASTER;
const workers = Array.from({ length: size }, start);
const pick = (): number => Math.floor(random() * size);
let [killed, frozen, revived] = [0, 0, 0];
const open = async (): Promise<number> => (await openTasks(ledger)).length;
const began = performance.now();
/** Between two disturbances of one worker there is time for about one run. */
const PAUSE_MS = 900 / size;
/** As many wait as keep all workers busy. */
const BUSY = 8 * size;
for (let [left, turn] = [0, 0]; ; turn += 1) {
  // Looking through the tasks costs more than a disturbance.
  if (turn % 8 === 0) {
    left = await open();
    if (killed + frozen < kills + freezes && left < BUSY) await addTasks(BUSY);
    else if (left === 0) break;
  }
  await sleep(PAUSE_MS * (0.4 + 1.2 * random()));
  const index = pick();
  const worker = workers[index];
  if (worker?.exitCode !== null || worker.signalCode !== null) workers[index] = start();
  else if (frozen < freezes && random() < freezes / (kills + freezes)) {
    frozen += 1;
    worker.kill("SIGSTOP");
    setTimeout(() => worker.kill("SIGCONT"), 800 + random() * 1200).unref();
  } else if (killed < kills) {
    killed += 1;
    worker.kill("SIGKILL");
    workers[index] = start();
  }
  if (performance.now() - began > 60_000 + (kills + freezes) * 3000) break;
  if (turn % 8 !== 0) continue;
  // A person looks after what was given up.
  const dead = await ledger.queue.jobs({ state: "dead", limit: 1000 });
  const ids = dead.map(({ id }) => id);
  const again = dead.length === 0 ? [] : await ledger.queue.redrive(ids, workersNow());
  for (const { id, subject } of dead)
    if (again.includes(id))
      await ledger.tellTask(subject, [{ type: "task.reopened", reason: "tried again", by: "chaos" }]);
  revived += again.length;
}
// Whoever was frozen wakes up, and finds that others have done its work.
await sleep(2500);
for (const worker of workers) worker.kill("SIGKILL");
await Promise.all(workers.map(over));
let [unfinished, repeated, twoRuns, twoPulls, twoComments, none] = [0, 0, 0, 0, 0, 0];
for (const title of tasks) {
  const task = taskId(title);
  const state = foldTask((await ledger.read(task)).events);
  if (state?.status !== "closed") unfinished += 1;
  if ((state?.runs.length ?? 0) !== 1) twoRuns += 1;
  const events = state?.runs[0] === undefined ? [] : (await ledger.read(state.runs[0])).events;
  const finished = events.flatMap((event) => (event.type === "stage.finished" ? [event.stage] : []));
  if (finished.length !== STAGES || new Set(finished).size !== STAGES) repeated += 1;
  const count = (kind: string): number =>
    forge.effects.filter((effect) => effect.kind === kind && effect.key === task).length;
  if (count("pull-request") > 1) twoPulls += 1;
  if (count("comment") > 1) twoComments += 1;
  if (count("pull-request") === 0 || count("comment") === 0) none += 1;
}
const left = (await ledger.queue.stats())
  .filter(({ state }) => state !== "done")
  .reduce((sum, { jobs }) => sum + jobs, 0);
const { findings } = await ledger.audit();
const broken = findings.length;
await ledger.close();
server.close();
await postgres?.stop();
console.log(
  `seed ${values.seed}, clock ${FASTER}x, ${values.naive ? "naive" : "safe"}: ${killed} kills and ${frozen} freezes over ${tasks.length} tasks in ` +
    `${Math.round((performance.now() - began) / 1000)} s; ${revived} given up and tried again\n` +
    `unfinished ${unfinished}, more or less than one run ${twoRuns}, repeated or lost stages ${repeated}, broken chains ${broken}, ` +
    `jobs left ${left}, no effect ${none}, two pull requests ${twoPulls} (refused by the forge: ${forge.refused}), two comments ${twoComments}`,
);
const faults = unfinished + twoRuns + repeated + broken + left + none + twoPulls + twoComments;
if (faults === 0 || values.naive) rmSync(dir, { recursive: true, force: true });
else console.log(`kept: ${dir}`);
process.exit(values.naive ? (twoComments > 0 ? 0 : 1) : faults === 0 ? 0 : 1);
