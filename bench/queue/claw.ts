import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/clock.ts";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { openStore } from "../../src/store/open.ts";
import { AT_ONCE, type BenchQueue, type BenchQueueChoice, FACT } from "./bench-queue.ts";

/** claw's queue: its own in a file, pg-boss in a PostgreSQL database. */
export async function openClaw({ place, owner, durable, apart = false }: BenchQueueChoice): Promise<BenchQueue> {
  const store = await openStore(place);
  const { queue } = store;
  const run = `bench${owner}`;
  let [head, seq] = [GENESIS, 0];
  return {
    async fill(jobs) {
      for (let index = 0; index < jobs; index++) {
        const [now, id] = [systemClock.now(), randomUUID()]; // an id of the clock is meant for few in a second
        const about = { kind: "task", subject: id, payload: "{}", dedupe: null, priority: 2, lane: "" } as const;
        const job = { ...about, id, at: now, role: "fix", model: "m", repository: "/repo" };
        await queue.move([{ kind: "add", now, job }]);
      }
    },
    async claim() {
      const now = systemClock.now();
      const limits = new Map([["repository:*", AT_ONCE]]);
      const lease = await queue.claim({ owner, now, until: now + 30_000, kinds: ["task"], lanes: [], limits });
      if (!lease) return null;
      return async () => {
        head = seal(head, run, seq, FACT);
        const rows = [{ run, seq: seq++, body: FACT, hash: head }];
        const jobs = [{ kind: "finish", now: systemClock.now(), lease }] as const;
        await store.append({ rows, blobs: [], durable, jobs: apart ? [] : jobs });
        if (apart) await queue.move(jobs);
      };
    },
    async counts() {
      const stats = await queue.stats();
      const done = stats.filter(({ state }) => state === "done").reduce((sum, { jobs }) => sum + jobs, 0);
      return { done, facts: (await store.size()).events.count };
    },
    close: () => store.close(),
  };
}
