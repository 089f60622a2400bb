import pg from "pg";
import { PgBoss } from "pg-boss";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { AT_ONCE, type BenchQueue, type BenchQueueChoice, FACT } from "./bench-queue.ts";

const QUEUE = "jobs";

/** Bare pg-boss: a job ends by its try, in the transaction of a fact. Whether a commit waits, the database says. */
export async function openBoss({ place, owner }: BenchQueueChoice): Promise<BenchQueue> {
  const client = new pg.Client({ connectionString: place });
  await client.connect();
  const db = { executeSql: (text: string, values?: unknown[]) => client.query(text, values) };
  const boss = new PgBoss({ db, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(QUEUE, { heartbeatSeconds: 30 });
  await client.query(
    "CREATE TABLE IF NOT EXISTS facts (run text, seq bigint, body text, hash text, PRIMARY KEY (run, seq))",
  );
  let [head, seq] = [GENESIS, 0];
  return {
    async fill(jobs) {
      for (let index = 0; index < jobs; index++) await boss.send(QUEUE, { task: index }, { group: { id: "/repo" } });
    },
    async claim() {
      const [job] = await boss.fetch(QUEUE, { includeMetadata: true, groupConcurrency: AT_ONCE });
      if (!job) return null;
      return async () => {
        const { id, retryCount } = job;
        head = seal(head, owner, seq, FACT);
        await client.query("BEGIN");
        await client.query("INSERT INTO facts VALUES ($1, $2, $3, $4)", [owner, seq++, FACT, head]);
        // Not in the declared types.
        const { affected }: { readonly affected?: number } = await boss.complete(QUEUE, { id, retryCount }, null, {
          db,
        });
        if (affected !== 1) throw new Error(`job ${id} was taken over`);
        await client.query("COMMIT");
      };
    },
    async counts() {
      const { rows } = await client.query<{ done: number; facts: number }>(
        "SELECT (SELECT count(*)::int FROM pgboss.job WHERE state = 'completed') AS done, (SELECT count(*)::int FROM facts) AS facts",
      );
      return rows[0] ?? { done: 0, facts: 0 };
    },
    async close() {
      await boss.stop({ graceful: false });
      await client.end();
    },
  };
}
