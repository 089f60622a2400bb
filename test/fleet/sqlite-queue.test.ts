import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NewJob } from "../../src/store/queue.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { type QueueDriver, queueContract } from "./queue-contract.ts";

const plain = { kind: "task", payload: "{}", dedupe: null, priority: 2, at: 1, lane: "", role: "fix" } as const;

const driver: QueueDriver = {
  name: "SQLite",
  orderMs: 1,
  async open() {
    const dir = await mkdtemp(join(tmpdir(), "claw-queue-"));
    const [store, other] = [await openSqlite(join(dir, "l.sqlite")), await openSqlite(join(dir, "l.sqlite"))];
    const close = async (): Promise<void> => {
      await Promise.all([store.close(), other.close()]);
      await rm(dir, { recursive: true });
    };
    return { store, other, close };
  },
};
queueContract(driver);

test("whoever waits hears of work that another way into the same file adds, until it no longer listens", async () => {
  const { store, other, close } = await driver.open();
  const job = { ...plain, id: "a", subject: "a", model: "", repository: "/r" };
  const added = await new Promise<unknown>((heard) => {
    const deaf = other.queue.hear?.(() => {
      deaf?.();
      heard(other.queue.jobs({ limit: 9 }));
    });
    void store.queue.move([{ kind: "add", now: 1, job }]);
  });
  expect(added).toMatchObject([{ id: "a" }]);
  await close();
});

test.each([
  ["few repositories", 3],
  ["as many repositories as jobs", 700],
])("behind hundreds of jobs that wait for a limit the one that may run is found, in %s", async (_, repositories) => {
  const store = await openSqlite(":memory:");
  const job = (id: string, given: Pick<NewJob, "model" | "repository">) =>
    ({ kind: "add", now: 1, job: { id, subject: id, ...plain, ...given } }) as const;
  const blocked = Array.from({ length: 700 }, (__, index) =>
    job(`a${index}`, { model: "full", repository: `/r${index % repositories}` }),
  );
  await store.queue.move([...blocked, job("b", { model: "free", repository: "/r0" })]);
  const limits = new Map([["model:full", 1]]);
  const worker = { owner: "a", now: 2, until: 9, kinds: ["task"], lanes: [], limits };
  const ids: unknown[] = [];
  for (let claims = 0; claims < 3; claims += 1) ids.push((await store.queue.claim(worker))?.job.id);
  expect(ids).toEqual(["a0", "b", undefined]);
  await store.close();
});
