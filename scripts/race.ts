/**
 * Lets processes race for thousands of jobs, and looks whether each was handed out exactly once, and to each process in the order
 * of its urgency:
 *   node scripts/race.ts [--jobs 5000] [--workers 8] [--lanes 20] [--store postgres://…] [--seed n]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { systemClock } from "../src/clock.ts";
import { openStore } from "../src/store/open.ts";
import { type JobMove, type Priority, rankOf } from "../src/store/queue.ts";
import { randomFrom } from "./random.ts";

const { values } = parseArgs({
  options: {
    jobs: { type: "string", default: "5000" },
    workers: { type: "string", default: "8" },
    lanes: { type: "string", default: "20" },
    store: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    // Of a process that this one has started.
    as: { type: "string" },
  },
});

/** Takes and ends jobs until there is none; prints their ids in the order in which it got them. */
async function compete(store: string, owner: string): Promise<void> {
  const { queue, ...rest } = await openStore(store);
  process.stdout.write("ready\n");
  await once(process.stdin, "data");
  const ids: string[] = [];
  const limits = new Map([["repository:*", 1000]]);
  for (;;) {
    const now = systemClock.now();
    const lease = await queue.claim({ owner, now, until: now + 30_000, kinds: ["task"], lanes: [], limits });
    if (!lease) break;
    ids.push(lease.job.id);
    await queue.move([{ kind: "finish", now: systemClock.now(), lease }]);
  }
  await rest.close();
  process.stdout.write(`${JSON.stringify(ids)}\n`, () => process.exit(0));
}

if (values.as !== undefined) await compete(values.store ?? "", values.as);
else process.exitCode = await race();

async function race(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "claw-race-"));
  const place = values.store ?? join(dir, "ledger.sqlite");
  const { queue, ...store } = await openStore(place);
  const random = randomFrom(Number(values.seed));
  const began = systemClock.now();
  const ranks = new Map<string, number>();
  const moves = Array.from({ length: Number(values.jobs) }, (_, index): JobMove => {
    const [id, now, priority] = [`${began}-${index}`, began + index, Math.floor(random() * 5) as Priority];
    ranks.set(id, rankOf(priority, now));
    const about = { kind: "task", subject: id, payload: "{}", dedupe: id, lane: "", role: "fix", model: "" };
    const repository = `/r${Math.floor(random() * Number(values.lanes))}`;
    return { kind: "add", now, job: { ...about, id, priority, at: began, repository } };
  });
  await queue.move(moves);
  const workers = await Promise.all(
    Array.from({ length: Number(values.workers) }, (_, index) => competitor(place, index)),
  );
  const startedAt = performance.now();
  const won = await Promise.all(workers.map((go) => go()));
  const seconds = (performance.now() - startedAt) / 1000;
  const all = won.flat().filter((id) => ranks.has(id));
  const unordered = won.flatMap((ids) =>
    ids.filter((id, index) => index > 0 && (ranks.get(id) ?? 0) < (ranks.get(ids[index - 1] ?? "") ?? 0)),
  );
  const left = (await queue.jobs({ state: "ready", limit: 10 })).length;
  await store.close();
  rmSync(dir, { recursive: true, force: true });
  const [lost, twice] = [ranks.size - new Set(all).size, all.length - new Set(all).size];
  const each = won.map((ids) => ids.length);
  console.log(
    `seed ${values.seed}: ${ranks.size} jobs, ${each.length} processes, ${Math.round(all.length / seconds)} jobs/s; ` +
      `never handed out ${lost} (still ready ${left}), handed out twice ${twice}, out of order ${unordered.length}; ` +
      `least and most of one process ${Math.min(...each)} and ${Math.max(...each)}`,
  );
  return lost + twice + unordered.length === 0 ? 0 : 1;
}

/** A process that is ready; what it gives lets it go, and gives the ids that it got. */
async function competitor(place: string, index: number): Promise<() => Promise<readonly string[]>> {
  const words = [import.meta.filename, "--as", `racer ${index}`, "--store", place];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return async () => {
    child.stdin.write("go\n");
    return JSON.parse(String((await lines.next()).value)) as string[];
  };
}
