import { expect, test } from "vitest";
import { Fenced } from "../../src/errors.ts";
import { AGEING_MS, type JobLease, type NewJob, type Worker } from "../../src/store/queue.ts";
import type { Store } from "../../src/store/store.ts";

/** A store with an empty queue, and another way to the same one as a second process has it. */
export interface QueueDriver {
  readonly name: string;
  /** Jobs that come closer together than this, in milliseconds, have no order any more once one of them was given back. */
  readonly orderMs: number;
  open(): Promise<{ readonly store: Store; readonly other: Store; readonly close: () => Promise<void> }>;
}

const NOW = 1_790_000_000_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const job = (id: string, given: Partial<NewJob> = {}): NewJob => ({
  id,
  kind: "task",
  subject: `t-${id}`,
  payload: "{}",
  dedupe: null,
  priority: 2,
  at: NOW,
  lane: "",
  role: "fix",
  model: "",
  repository: "/repo",
  ...given,
});
const add = (id: string, given: Partial<NewJob> = {}, now = NOW) =>
  ({ kind: "add", now, job: job(id, { at: now, ...given }) }) as const;
const worker = (owner: string, given: Partial<Worker> = {}): Worker => ({
  owner,
  now: NOW,
  until: NOW + 30_000,
  kinds: ["task"],
  lanes: [],
  limits: new Map(),
  ...given,
});

/** What every queue does, whatever it is built on. */
export function queueContract(driver: QueueDriver): void {
  const check = (
    name: string,
    body: (at: { readonly store: Store; readonly other: Store; readonly queue: Store["queue"] }) => Promise<void>,
  ): void =>
    test(`${driver.name}: ${name}`, async () => {
      expect.hasAssertions();
      const { store, other, close } = await driver.open();
      try {
        await body({ store, other, queue: store.queue });
      } finally {
        await close();
      }
    });
  const claimed = async (queue: Store["queue"], by = worker("a")): Promise<JobLease> => {
    const lease = await queue.claim(by);
    if (!lease) throw new Error("nothing to claim");
    return lease;
  };
  const inOrder = async (queue: Store["queue"], by = worker("a")): Promise<string[]> => {
    const ids: string[] = [];
    for (let lease = await queue.claim(by); lease; lease = await queue.claim(by)) ids.push(lease.job.id);
    return ids;
  };

  check("a job is handed out once, and is done when it is finished", async ({ queue, other }) => {
    expect(await queue.move([add("one")])).toEqual(["one"]);
    const lease = await claimed(queue);
    expect(lease.job).toMatchObject({ id: "one", subject: "t-one", state: "leased", owner: "a", tries: 0, crashes: 0 });
    expect(await other.queue.claim(worker("b"))).toBeNull();
    await queue.move([{ kind: "finish", now: NOW + 5, lease }]);
    expect(await queue.claim(worker("a"))).toBeNull();
    expect(await queue.jobs({ state: "done", limit: 9 })).toMatchObject([{ id: "one", ended: NOW + 5 }]);
  });

  check("the more urgent job comes first; among equals the one that came first", async ({ queue }) => {
    await queue.move([
      add("low", { priority: 4 }),
      add("late", { priority: 1 }, NOW + 9),
      add("mid"),
      add("soon", { priority: 1 }, NOW + 3),
      add("urgent", { priority: 0 }, NOW + 9),
    ]);
    const all = await inOrder(queue, worker("a", { now: NOW + 10 }));
    expect(all).toEqual(["urgent", "soon", "late", "mid", "low"]);
  });

  check("the lowest priority runs before urgent work that comes four hours later", async ({ queue }) => {
    await queue.move([add("patient", { priority: 4 })]);
    await queue.move([
      add("before", { priority: 0 }, NOW + 4 * AGEING_MS - 1),
      add("after", { priority: 0 }, NOW + 4 * AGEING_MS + 1),
    ]);
    expect(await inOrder(queue, worker("a", { now: NOW + 5 * HOUR }))).toEqual(["before", "patient", "after"]);
  });

  check("a job that is not due yet waits, and holds nothing up", async ({ queue }) => {
    await queue.move([add("later", { priority: 0, at: NOW + MINUTE }), add("now")]);
    expect(await inOrder(queue)).toEqual(["now"]);
    expect(await inOrder(queue, worker("a", { now: NOW + MINUTE }))).toEqual(["later"]);
  });

  check("no second job under a dedupe key while one waits or is done; another one afterwards", async ({ queue }) => {
    expect(await queue.move([add("one", { dedupe: "k" }), add("two", { dedupe: "k" })])).toEqual(["one"]);
    const lease = await claimed(queue);
    expect(await queue.move([add("three", { dedupe: "k" })])).toEqual([]);
    expect(await queue.move([{ kind: "finish", now: NOW, lease }, add("four", { dedupe: "k" })])).toEqual(["four"]);
  });

  check("given back, it waits until it is due, with its tries counted and what happened kept", async ({ queue }) => {
    await queue.move([add("one")]);
    const lease = await claimed(queue);
    await queue.move([{ kind: "again", now: NOW + 7, lease, at: NOW + MINUTE, tries: 1, reason: "no model" }]);
    expect(await queue.claim(worker("a", { now: NOW + MINUTE - 1 }))).toBeNull();
    const second = await claimed(queue, worker("b", { now: NOW + MINUTE }));
    expect(second.job).toMatchObject({ id: "one", tries: 1, crashes: 0 });
    expect(second.job.history).toMatchObject([{ how: "again", owner: "a", reason: "no model", to: NOW + 7 }]);
  });

  check("a buried job is with the dead ones, and a person can have it tried again", async ({ queue }) => {
    await queue.move([add("one"), add("two", {}, NOW + driver.orderMs)]);
    const lease = await claimed(queue);
    await queue.move([{ kind: "bury", now: NOW, lease, reason: "three crashes" }]);
    const [dead] = await queue.jobs({ state: "dead", limit: 9 });
    expect(dead).toMatchObject({ id: "one", history: [{ how: "dead", reason: "three crashes", owner: "a" }] });
    expect(await queue.redrive(["one", "two", "nobody"], NOW)).toEqual(["one"]);
    const again = await claimed(queue);
    expect(again.job).toMatchObject({ id: "one", tries: 0, crashes: 0 });
    expect(again.job.history.map(({ how }) => how)).toEqual(["dead", "revived"]);
  });

  check("a dead job stays dead when another one has its dedupe key", async ({ queue }) => {
    await queue.move([add("one", { dedupe: "k" })]);
    await queue.move([{ kind: "bury", now: NOW, lease: await claimed(queue), reason: "no" }]);
    await queue.move([add("two", { dedupe: "k" })]);
    expect(await queue.redrive(["one"], NOW)).toEqual([]);
  });

  check("what a worker holds that is gone is handed out again, and the crash counted", async ({ queue, other }) => {
    await queue.move([add("one", { priority: 1 }), add("two")]);
    await claimed(queue, worker("dead"));
    await claimed(queue, worker("alive"));
    const gone = await other.queue.reap(({ owner }) => owner === "dead", NOW + 3);
    expect(gone).toMatchObject([{ id: "one", state: "ready", crashes: 1, tries: 0 }]);
    const lease = await claimed(other.queue, worker("b"));
    expect(lease.job).toMatchObject({ id: "one", crashes: 1, history: [{ how: "crashed", owner: "dead" }] });
    expect(await queue.claim(worker("c"))).toBeNull();
  });

  check(
    "a worker that lost its job can neither finish it nor give it back, and learns it from its heartbeat",
    async ({ store, queue }) => {
      await queue.move([add("one", { subject: "t-1" })]);
      const late = await claimed(queue, worker("a"));
      expect(await queue.heartbeat(late, NOW + MINUTE)).toBe(true);
      await queue.reap(() => true, NOW);
      const second = await claimed(queue, worker("a"));
      expect(await queue.heartbeat(late, NOW + HOUR)).toBe(false);
      for (const move of [
        { kind: "finish", now: NOW, lease: late },
        { kind: "again", now: NOW, lease: late, at: NOW, tries: 1, reason: "" },
        { kind: "bury", now: NOW, lease: late, reason: "" },
      ] as const)
        await expect(queue.move([move, add("more")])).rejects.toThrow(Fenced);
      const row = { run: "1run", seq: 0, body: '{"at":1,"type":"x"}', hash: "h" };
      const jobs = [{ kind: "finish", now: NOW, lease: late }] as const;
      await expect(store.append({ rows: [row], blobs: [], durable: false, jobs })).rejects.toThrow(Fenced);
      expect(await store.rows("1run")).toEqual([]);
      expect(await queue.jobs({ state: "ready", limit: 9 })).toEqual([]);
      await queue.move([{ kind: "finish", now: NOW, lease: second }]);
    },
  );

  check("facts, the end of a job and the next job become true together", async ({ store, queue, other }) => {
    await queue.move([add("one")]);
    const lease = await claimed(queue);
    const row = { run: "1run", seq: 0, body: '{"at":1,"type":"x"}', hash: "h" };
    const jobs = [{ kind: "finish", now: NOW, lease }, add("next")] as const;
    await store.append({ rows: [row], blobs: [], durable: true, jobs });
    expect(await other.rows("1run")).toEqual([row]);
    expect((await other.queue.jobs({ limit: 9 })).map(({ id, state }) => `${id} ${state}`).toSorted()).toEqual([
      "next ready",
      "one done",
    ]);
    await expect(store.append({ rows: [row], blobs: [], durable: true, jobs: [add("never")] })).rejects.toThrow(Fenced);
    expect(await queue.jobs({ id: "never", limit: 1 })).toEqual([]);
  });

  check(
    "limits hold for all workers together, and what is behind one holds nothing else up",
    async ({ queue, other }) => {
      const limits = new Map([
        ["all", 4],
        ["repository:/one", 1],
        ["model:big", 2],
      ]);
      const by = (owner: string) => worker(owner, { limits });
      await queue.move([
        add("a1", { repository: "/one", priority: 0 }),
        add("a2", { repository: "/one", priority: 1 }),
        ...["m1", "m2", "m3"].map((id, index) =>
          add(id, { model: "big", repository: `/${id}`, at: NOW }, NOW - 9 + index),
        ),
        add("x", { repository: "/x", priority: 4 }),
      ]);
      expect(await inOrder(queue, by("a"))).toEqual(["a1", "m1", "m2", "x"]);
      expect(await other.queue.claim(by("b"))).toBeNull();
    },
  );

  check("work with a label goes to hosts that carry it", async ({ queue }) => {
    await queue.move([add("anywhere"), add("sovereign", { lane: "berlin", priority: 0 })]);
    expect(await inOrder(queue)).toEqual(["anywhere"]);
    expect(await inOrder(queue, worker("b", { lanes: ["berlin"] }))).toEqual(["sovereign"]);
  });

  check("a worker gets the kinds it knows, and the one job it asks for", async ({ queue }) => {
    await queue.move([add("other", { kind: "report", priority: 0 }), add("one"), add("two")]);
    expect((await claimed(queue, worker("a", { subject: "t-two" }))).job.id).toBe("two");
    expect(await inOrder(queue)).toEqual(["one"]);
    expect(await queue.claim(worker("a", { subject: "t-other" }))).toBeNull();
  });

  check("its numbers say what waits, for how long, and how long work takes", async ({ queue }) => {
    await queue.move([add("one"), add("two", {}, NOW + 5), add("three", { priority: 0 })]);
    await queue.move([{ kind: "finish", now: NOW + 400, lease: await claimed(queue) }]);
    expect(await queue.stats()).toEqual([
      { lane: "", role: "fix", model: "", repository: "/repo", state: "done", jobs: 1, oldest: NOW + 400, tookMs: 400 },
      { lane: "", role: "fix", model: "", repository: "/repo", state: "ready", jobs: 2, oldest: NOW, tookMs: null },
    ]);
  });

  check("jobs that nobody does can be dropped, and those that ended long ago are forgotten", async ({ queue }) => {
    await queue.move(["one", "two", "three", "four"].map((id, index) => add(id, { at: NOW }, NOW - 9 + index)));
    await queue.move([{ kind: "finish", now: NOW, lease: await claimed(queue) }]);
    await queue.move([{ kind: "bury", now: NOW + HOUR, lease: await claimed(queue), reason: "no" }]);
    await claimed(queue);
    expect(await queue.drop(["three", "four", "five"])).toEqual(["four"]);
    expect(await queue.prune({ done: NOW, dead: NOW + HOUR })).toBe(0);
    expect(await queue.prune({ done: NOW + 1, dead: NOW + HOUR })).toBe(1);
    expect(await queue.prune({ done: 0, dead: NOW + HOUR + 1 })).toBe(1);
    expect((await queue.jobs({ limit: 9 })).map(({ id }) => id)).toEqual(["three"]);
  });

  check("of two that race for every job, each is won once, and no limit is passed", async ({ queue, other }) => {
    const ids = Array.from({ length: 100 }, (_, index) => `job${String(index).padStart(3, "0")}`);
    await queue.move(ids.map((id) => add(id)));
    const few = new Map([["role:fix", 3]]);
    const claims = Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? queue : other.queue).claim(worker(`w${index}`, { limits: few })),
    );
    const first = await Promise.all(claims);
    const held = first.flatMap((lease) => (lease ? [lease.job.id] : []));
    expect(held).toHaveLength(3);
    const won = await Promise.all([inOrder(queue, worker("a")), inOrder(other.queue, worker("b"))]);
    expect([...held, ...won.flat()].toSorted()).toEqual(ids);
  });
}
