import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SlotTaken } from "../../src/errors.ts";
import { openStore } from "../../src/store/open.ts";
import { freshDatabase } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const row = (seq: number, hash = String(seq)) => ({ run: "r", seq, body: "{}", hash });
const moving = (name: string, from: number, to: number) => ({
  rows: [],
  blobs: [],
  durable: false,
  slot: { name, from, to },
});

const places = [
  { driver: "SQLite", place: async () => join(temporaryDirectory(), "ledger.sqlite") },
  { driver: "PostgreSQL", place: () => freshDatabase() },
];

describe.each(places)("schedules in $driver:", ({ place }) => {
  test("of many processes that see a schedule due, one moves it on, and only its facts come true", async () => {
    const file = await place();
    const stores = await Promise.all(Array.from({ length: 4 }, () => openStore(file)));
    const [first] = stores;
    await first?.append(moving("weekly", 0, 1000));
    const tries = await Promise.allSettled(
      stores.map((store, seq) => store.append({ ...moving("weekly", 1000, 2000), rows: [row(seq)] })),
    );
    expect(
      tries.map((tried) => (tried.status === "fulfilled" ? "moved" : (tried.reason as Error).name)).toSorted(),
    ).toEqual(["SlotTaken", "SlotTaken", "SlotTaken", "moved"]);
    expect(await first?.rows("r")).toHaveLength(1);
    expect(await first?.schedules()).toEqual([{ name: "weekly", due: 2000 }]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("what is due is found, longest due first, and what nobody enabled is not", async () => {
    const store = await openStore(await place());
    for (const [name, due] of Object.entries({ late: 10, later: 5, ahead: 30, off: 20 }))
      await store.append(moving(name, 0, due));
    await store.append(moving("off", 20, 0));
    expect(await store.dueSchedules(20, 10)).toEqual([
      { name: "later", due: 5 },
      { name: "late", due: 10 },
    ]);
    expect(await store.dueSchedules(20, 1)).toEqual([{ name: "later", due: 5 }]);
    await expect(store.append(moving("off", 20, 40))).rejects.toThrow(SlotTaken);
    await store.append(moving("off", 0, 40));
    expect((await store.schedules()).map(({ name }) => name)).toEqual(["ahead", "late", "later", "off"]);
    await store.close();
  });
});
