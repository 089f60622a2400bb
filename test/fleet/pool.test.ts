import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { ClawError, InfrastructureError } from "../../src/errors.ts";
import type { EventOf } from "../../src/ledger/events.ts";
import { setGate } from "../../src/fleet/gate.ts";
import { foldTask } from "../../src/views/task.ts";
import { added, drained, runsOf, statusOf, withTasks } from "../support/pool.ts";

const proven: EventOf<"run.ended"> = { type: "run.ended", outcome: "proven", reason: "it holds", hint: "" };
const ended = (outcome: "no-patch" | "blocked" | "over-budget"): EventOf<"run.ended"> => ({ ...proven, outcome });
const paused = (outcome: "model-unavailable" | "waiting" | "interrupted", after?: number): EventOf<"run.paused"> => ({
  type: "run.paused",
  outcome,
  reason: "not now",
  hint: "",
  ...(after !== undefined && { after }),
});
const jobsOf = async (ledger: Awaited<ReturnType<typeof withTasks>>) =>
  (await ledger.queue.jobs({ limit: 99 })).map(({ subject, state }) => `${subject} ${state}`).toSorted();

describe("what workers of other systems lost", () => {
  test("(a) the job of a worker that died after it took it is done by another, and its run goes on", async () => {
    const ledger = await withTasks("a");
    const dead = "nowhere-host 1 1";
    const about = { lane: "", role: "fix", model: "", repository: "/repo" };
    const job = {
      id: "j",
      kind: "task",
      subject: "t-a",
      payload: "{}",
      dedupe: "t-a",
      priority: 2,
      at: 1,
      ...about,
    } as const;
    await ledger.queue.move([{ kind: "add", now: 1, job }]);
    await ledger.queue.claim({ owner: dead, now: 1, until: 2, kinds: ["task"], lanes: [], limits: new Map() });
    const { ends, news } = await drained(
      ledger,
      runsOf(ledger, () => proven),
    );
    expect(news[0]).toEqual({ kind: "lost", jobs: 1 });
    expect(ends).toMatchObject([{ task: "t-a", outcome: "proven" }]);
  });

  test("(b) the end of a run, of its task and of its job are one: where the job is lost, each time, it is for people", async () => {
    const ledger = await withTasks("a");
    const { ends } = await drained(
      ledger,
      runsOf(ledger, async () => {
        // Somebody took it for dead.
        await ledger.queue.reap(() => true, Date.now());
        return proven as never;
      }),
    );
    expect(ends.map(({ next }) => next)).toEqual(["lost", "lost", "again", "lost", "bury"]);
    const { events } = await ledger.read("t-a");
    expect(events.map(({ type }) => type)).not.toContain("task.closed");
    const [dead] = await ledger.queue.jobs({ state: "dead", limit: 9 });
    expect(dead?.history.map(({ how }) => how)).toEqual(["crashed", "crashed", "again", "crashed", "dead"]);
  });

  test("(b) a worker that lost its job before its run began begins none", async () => {
    const ledger = await withTasks("a");
    let nth = 0;
    const { ends } = await drained(ledger, async (task, watch) => {
      nth += 1;
      if (nth === 1) await ledger.queue.reap(() => true, Date.now());
      return runsOf(ledger, () => proven)(task, watch);
    });
    expect(ends.map(({ next }) => next)).toEqual(["lost", "finish"]);
    expect(foldTask((await ledger.read("t-a")).events)?.runs).toHaveLength(1);
  });

  test("(b) a worker that lost a job that it would not have begun goes on with the next", async () => {
    const ledger = await withTasks("a", "b");
    const { queue } = ledger;
    let nth = 0;
    const claim: typeof queue.claim = async (worker) => {
      const lease = await queue.claim(worker);
      nth += 1;
      if (nth > 1) return lease;
      await ledger.tellTask("t-a", [{ type: "task.closed", outcome: "done", reason: "", by: "ada" }]);
      await queue.reap(() => true, Date.now());
      return lease;
    };
    const { ends } = await drained(
      { ...ledger, queue: { ...queue, claim } },
      runsOf(ledger, () => proven),
    );
    expect(ends.map(({ task, next }) => `${task} ${next}`).toSorted()).toEqual([
      "t-a finish",
      "t-a lost",
      "t-b finish",
    ]);
  });

  test("(b) a job that comes when its task has just been given up begins nothing", async () => {
    const ledger = await withTasks("a");
    const { queue } = ledger;
    const claim: typeof queue.claim = async (worker) => {
      const lease = await queue.claim(worker);
      if (lease) await ledger.tellTask("t-a", [{ type: "task.buried", reason: "3 crashes" }]);
      return lease;
    };
    const { ends } = await drained(
      { ...ledger, queue: { ...queue, claim } },
      runsOf(ledger, () => proven),
    );
    expect(ends).toMatchObject([{ outcome: "nothing", reason: "the task is dead", next: "finish" }]);
    expect(await statusOf(ledger, "a")).toBe("dead");
  });

  test("(b) a run that begins just when its task is closed is stopped, and the task stays closed", async () => {
    const ledger = await withTasks("a");
    const { ends } = await drained(ledger, async (task, watch) => {
      await ledger.tellTask("t-a", [{ type: "task.closed", outcome: "cancelled", reason: "", by: "ada" }]);
      const stopped = new Promise((resolve) => watch.signal.addEventListener("abort", resolve));
      return runsOf(ledger, async () => {
        await stopped;
        return paused("interrupted") as never;
      })(task, watch);
    });
    expect(ends.map(({ outcome }) => outcome)).toEqual(["interrupted", "nothing"]);
    expect(foldTask((await ledger.read("t-a")).events)).toMatchObject({ status: "closed", runs: [expect.any(String)] });
  });

  test("(c) another try waits, longer each time, and (d) five tries after the first are five", async () => {
    const ledger = await withTasks("a");
    const { ends } = await drained(ledger, () =>
      Promise.reject(new InfrastructureError("the disk is full", "make room")),
    );
    expect(ends.map(({ next }) => next)).toEqual(["again", "again", "again", "again", "again", "bury"]);
    const [dead] = await ledger.queue.jobs({ state: "dead", limit: 9 });
    expect(dead?.history).toHaveLength(6);
    expect(dead?.history.at(-1)).toMatchObject({ how: "dead", reason: "6 tries: the disk is full" });
    expect(foldTask((await ledger.read("t-a")).events)).toMatchObject({ status: "dead", end: { outcome: "dead" } });
  });

  test("(e) each try has an owner of its own, in one process, too", async () => {
    const ledger = await withTasks("a", "b", "c");
    const owners = new Set<string>();
    await drained(
      ledger,
      runsOf(ledger, async () => {
        for (const { owner } of await ledger.queue.jobs({ state: "leased", limit: 9 })) owners.add(owner);
        return proven as never;
      }),
    );
    expect(owners.size).toBe(3);
  });

  test("(f) however often a task is asked for, it is worked on once", async () => {
    const ledger = await withTasks("a");
    let runs = 0;
    const work = runsOf(ledger, () => {
      runs += 1;
      return proven;
    });
    await Promise.all([drained(ledger, work), drained(ledger, work), drained(ledger, work)]);
    expect(await ledger.addTask("t-a", added("a"))).toBe(false);
    await drained(ledger, work);
    expect(runs).toBe(1);
  });
});

test("a task that is proven is closed, one that is not fails, and what it blocks begins when it is closed", async () => {
  const ledger = await withTasks("bad");
  await ledger.addTask("t-first", added("first", { priority: 4, links: [{ kind: "blocks", to: "t-then" }] }));
  await ledger.addTask("t-then", added("then", { priority: 0 }));
  const order: string[] = [];
  const work = runsOf(ledger, ({ task }) => {
    order.push(task);
    return task === "t-bad" ? ended("no-patch") : proven;
  });
  await drained(ledger, work, { most: 1 });
  expect(order).toEqual(["t-bad", "t-first", "t-then"]);
  expect(await Promise.all(["bad", "first", "then"].map((task) => statusOf(ledger, task)))).toEqual([
    "failed",
    "closed",
    "closed",
  ]);
  expect(await jobsOf(ledger)).toEqual(["t-bad done", "t-first done", "t-then done"]);
});

test("one poisoned task never keeps the others from being worked on", async () => {
  const ledger = await withTasks("a", "b", "poison", "c");
  const { ends } = await drained(ledger, (task, watch) => {
    if (task.task === "t-poison") throw new TypeError("a bug");
    return runsOf(ledger, () => proven)(task, watch);
  });
  expect(ends.filter(({ outcome }) => outcome === "proven")).toHaveLength(3);
  expect(ends.filter(({ outcome }) => outcome === "bug").at(-1)).toMatchObject({ next: "bury", task: "t-poison" });
  expect(await statusOf(ledger, "poison")).toBe("dead");
});

test.each(["over-budget", "blocked"] as const)(
  "what ended %s is not tried again: it would end so again",
  async (outcome) => {
    const ledger = await withTasks("a");
    const { ends } = await drained(
      ledger,
      runsOf(ledger, () => ended(outcome)),
    );
    expect(ends).toHaveLength(1);
    expect(await statusOf(ledger, "a")).toBe("failed");
  },
);

test("a run that a server sent away goes on when the server wanted it to, and that counts as no try", async () => {
  const ledger = await withTasks("a");
  const later = Date.now() + 60_000;
  const { ends } = await drained(
    ledger,
    runsOf(ledger, (_, __, nth) => (nth <= 7 ? paused("model-unavailable", later + nth * 60_000) : proven)),
  );
  expect(ends).toHaveLength(8);
  expect(ends[0]?.at).toBeGreaterThanOrEqual(later);
  expect(foldTask((await ledger.read("t-a")).events)).toMatchObject({ status: "closed", runs: [expect.any(String)] });
});

test("a run that waits for a person holds no job, and goes on when it has its answer", async () => {
  const ledger = await withTasks("a");
  const work = runsOf(ledger, (_, __, nth) => (nth === 1 ? paused("waiting") : proven));
  await drained(ledger, work);
  expect([await statusOf(ledger, "a"), await jobsOf(ledger)]).toEqual(["waiting", ["t-a done"]]);
  const { openRun } = foldTask((await ledger.read("t-a")).events) ?? {};
  const log = await ledger.open(openRun ?? "");
  const sha = "0".repeat(64);
  await log.append({ type: "approval.given", by: "ada", diff: sha, expires: Date.now() + 1e6 });
  await log.close();
  await drained(ledger, work);
  expect(await statusOf(ledger, "a")).toBe("closed");
});

test("a task that is closed while a worker has it stays so, and is not begun again when its run was stopped", async () => {
  const ledger = await withTasks("a");
  let begun = 0;
  const work = runsOf(ledger, async () => {
    begun += 1;
    if (begun > 1) return proven as never;
    await ledger.tellTask("t-a", [{ type: "task.closed", outcome: "cancelled", reason: "not any more", by: "ada" }]);
    return paused("interrupted") as never;
  });
  await drained(ledger, work);
  expect([begun, await statusOf(ledger, "a")]).toEqual([1, "closed"]);
});

test("when the pool is told to end, what runs is saved, its job waits again, and nothing stays running", async () => {
  const ledger = await withTasks("a", "b", "c");
  const stop = new AbortController();
  const work = runsOf(ledger, async (_, { signal }) => {
    stop.abort(new ClawError("stop", { outcome: "interrupted", hint: "" }));
    await new Promise((over) => (signal.aborted ? over(null) : signal.addEventListener("abort", over)));
    return paused("interrupted") as never;
  });
  const { why } = await drained(ledger, work, { signal: stop.signal });
  expect(why).toBe("interrupted");
  expect(await jobsOf(ledger)).toEqual(["t-a ready", "t-b ready", "t-c ready"]);
  await drained(
    ledger,
    runsOf(ledger, () => proven),
  );
  expect(await statusOf(ledger, "a")).toBe("closed");
});

test("a paused queue begins nothing, and a draining one ends its workers", async () => {
  const ledger = await withTasks("a");
  await setGate(ledger, { state: "paused", by: "ada", at: 1 });
  const { ends } = await drained(
    ledger,
    runsOf(ledger, () => proven),
    { until: Date.now() + 60_000, drain: false },
  );
  expect(ends).toEqual([]);
  const work = runsOf(ledger, () => proven);
  expect(await drained(ledger, work)).toMatchObject({ why: "paused", ends: [] }); // nobody waits for what may never come
  expect(await drained(await withTasks(), work)).toMatchObject({ why: "drained" });
  await setGate(ledger, { state: "draining", by: "ada", at: 1 });
  expect(
    await drained(
      ledger,
      runsOf(ledger, () => proven),
    ),
  ).toMatchObject({ why: "gate", ends: [] });
});

test("no more than the limits allow are worked on at once, over all workers", async () => {
  const ledger = await withTasks("a", "b", "c", "d");
  let [now, most] = [0, 0];
  const work = runsOf(ledger, async () => {
    most = Math.max(most, (now += 1));
    await new Promise((over) => setImmediate(over));
    now -= 1;
    return proven as never;
  });
  const limits = new Map([["repository:*", 1]]);
  await Promise.all([drained(ledger, work, { limits }), drained(ledger, work, { limits })]);
  expect(most).toBe(1);
});

test("a task that comes while a pool waits is begun at once, not at its next look", async () => {
  const ledger = await withTasks();
  const [asleep, stop] = [Promise.withResolvers<void>(), new AbortController()];
  let rests = 0;
  // Only a ring ends the first rest. Later ones are short: how soon all tasks are looked through again, a machine's load decides.
  const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
    rests += 1;
    asleep.resolve();
    if (rests > 1) return new Promise((rested) => setImmediate(rested));
    return new Promise((__, wake) => signal?.addEventListener("abort", () => wake(new Error("woken"))));
  };
  const working = drained(
    ledger,
    runsOf(ledger, () => {
      stop.abort(new ClawError("stop", { outcome: "interrupted", hint: "" }));
      return proven;
    }),
    { drain: false, clock: { ...systemClock, sleep }, signal: stop.signal },
  );
  await asleep.promise;
  await ledger.addTask("t-a", added("a"));
  expect((await working).ends).toMatchObject([{ task: "t-a" }]);
});

test("a process that has worked begins anew after a while without work, or when its memory has grown, and loses nothing", async () => {
  const ledger = await withTasks("a", "b");
  const work = runsOf(ledger, () => proven);
  let used = 0;
  const renewal = { idleMs: 60_000, mostBytes: 100, usedBytes: () => used };
  const grown = await drained(
    ledger,
    (task, watch) => {
      used = 101;
      return work(task, watch);
    },
    { most: 1, least: 1, renewal },
  );
  expect(grown).toMatchObject({ why: "renewed", ends: [{ task: "t-a" }] });
  expect(await jobsOf(ledger)).toEqual(["t-a done", "t-b ready"]);
  used = 0;
  const rested = await drained(ledger, work, { renewal, drain: false });
  expect(rested).toMatchObject({ why: "renewed", ends: [{ task: "t-b" }] });
  expect(rested.news.at(-1)).toEqual({ kind: "renewed", why: "idle" });
});
