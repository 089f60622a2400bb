import { createRequire } from "node:module";
import pg from "pg";
import { getRollbackPlans } from "pg-boss";
import { expect, onTestFinished, test } from "vitest";
import { SCHEMA_VERSION } from "../../src/store/postgres/boss.ts";
import { openStore } from "../../src/store/open.ts";
import type { Queue } from "../../src/store/queue.ts";
import type { Store } from "../../src/store/store.ts";
import { asked, freshDatabase, templateDatabase } from "../support/postgres.ts";
import { queueContract } from "./queue-contract.ts";

let withQueue: Promise<string> | undefined;

queueContract({
  name: "PostgreSQL",
  // The priority of pg-boss has 32 bits.
  orderMs: 1000,
  async open() {
    const url = await freshDatabase({ template: await (withQueue ??= templateDatabase(toldTheTime)) });
    const [store, other] = [await openStore(url), await openStore(url)];
    const tell = await clockOf(url);
    const close = async (): Promise<void> => void (await Promise.all([store.close(), other.close()]));
    return { store: timed(store, tell), other: timed(other, tell), close };
  },
});

/** pg-boss goes by the clock of the database, which the contract sets: to the moment that whoever asks says it is. */
async function toldTheTime(url: string): Promise<void> {
  const store = await openStore(url);
  await store.queue.install?.();
  await store.close();
  await asked(
    url,
    `CREATE TABLE claw_queue.told (now timestamptz); INSERT INTO claw_queue.told VALUES (now());
     CREATE OR REPLACE FUNCTION claw_queue.job_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now FROM claw_queue.told'`,
  );
}

async function clockOf(url: string): Promise<(now: number) => Promise<void>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  let at = 0;
  return async (now) => {
    if (now === at) return;
    at = now;
    await client.query("UPDATE claw_queue.told SET now = to_timestamp($1::float8 / 1000)", [now]);
  };
}

function timed(store: Store, tell: (now: number) => Promise<void>): Store {
  const { queue } = store;
  const of = async (moves: readonly { readonly now: number }[] = []): Promise<void> => {
    if (moves.length > 0) await tell(Math.min(...moves.map(({ now }) => now)));
  };
  const told: Queue = {
    ...queue,
    move: async (moves) => of(moves).then(() => queue.move(moves)),
    claim: async (worker) => tell(worker.now).then(() => queue.claim(worker)),
    reap: async (mayTake, now) => tell(now).then(() => queue.reap(mayTake, now)),
    redrive: async (ids, now) => tell(now).then(() => queue.redrive(ids, now)),
  };
  return { ...store, queue: told, append: async (append) => of(append.jobs).then(() => store.append(append)) };
}

test("the tables of another pg-boss are refused with the next step, brought up to date by who asks for it; what is changed in them is found", async () => {
  const url = await freshDatabase();
  const opened = async (): Promise<Store> => {
    const store = await openStore(url);
    onTestFinished(() => store.close());
    return store;
  };
  const refused = async (version: number, hint: RegExp): Promise<Store> => {
    const store = await opened();
    for (const work of [store.queue.stats(), store.queue.move([])])
      await expect(work).rejects.toMatchObject({
        outcome: "infrastructure",
        hint: expect.stringMatching(hint) as string,
      });
    expect(await store.damage()).toEqual([expect.stringContaining(`version ${version} of pg-boss's tables`)]);
    return store;
  };
  const store = await opened();
  expect(await store.damage()).toEqual([]);
  const others = [store, await opened(), await opened()];
  await Promise.all(others.map(({ queue }) => queue.move([])));
  expect(await store.damage()).toEqual([]);
  const { pgboss } = createRequire(import.meta.url)("pg-boss/package.json") as { pgboss: { schema: number } };
  expect(SCHEMA_VERSION).toBe(pgboss.schema);

  await asked(url, getRollbackPlans("claw_queue", SCHEMA_VERSION));
  const older = await refused(SCHEMA_VERSION - 1, /^let every worker end, .* claw fleet init$/);
  await older.queue.install?.();
  expect(await older.queue.stats()).toEqual([]);
  expect(await older.damage()).toEqual([]);

  await asked(url, `UPDATE claw_queue.version SET version = ${SCHEMA_VERSION + 1}`);
  const newer = await refused(SCHEMA_VERSION + 1, /^update claw on this machine$/);
  await expect(newer.queue.install?.()).rejects.toMatchObject({ hint: "update claw on this machine" });

  await asked(
    url,
    `UPDATE claw_queue.version SET version = ${SCHEMA_VERSION}; DROP INDEX claw_queue.job_common_i11;
     ALTER TABLE claw_queue.job DROP COLUMN heartbeat_on`,
  );
  expect(await store.damage()).toEqual([
    "its queue's index job_common_i11 is not as pg-boss makes it",
    "its queue's table job is not as pg-boss makes it",
    "its queue's table job_common is not as pg-boss makes it",
  ]);
});
