import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { GENESIS } from "../../src/ledger/chain.ts";
import { openLedger } from "../../src/ledger/ledger.ts";
import type { EventOf } from "../../src/ledger/events.ts";
import { sealed } from "../../src/ledger/sealed.ts";
import { taskId } from "../../src/ledger/tasks.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import type { NewJob } from "../../src/store/queue.ts";
import { foldTask, readyTasks } from "../../src/views/task.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { added as wanted } from "../support/pool.ts";

const ledger = async () =>
  openLedger({
    store: await openSqlite(":memory:"),
    clock: systemClock,
    scrub: (text) => text.replaceAll("s3cret", "…"),
  });

const added = (given: Partial<EventOf<"task.added">> = {}) =>
  wanted("sum([]) throws", { source: { kind: "issue", ref: "github.com/ada/sums#7" }, trust: "stranger", ...given });
const job = (id: string): NewJob => ({
  id,
  kind: "task",
  subject: "t-1",
  payload: "{}",
  dedupe: null,
  priority: 2,
  at: 0,
  lane: "",
  role: "",
  model: "",
  repository: "",
});

test("the same work told twice is one task, and the second telling changes nothing", async () => {
  const facts = await ledger();
  const id = taskId("/repo", "github.com/ada/sums#7");
  expect(id).toMatch(/^t-[0-9a-z]{12}$/);
  expect(await facts.addTask(id, added())).toBe(true);
  const again = added({ title: "another" });
  expect(await facts.addTask(id, again, [{ kind: "add", now: 0, job: job("j") }])).toBe(false);
  expect(foldTask((await facts.read(id)).events)).toMatchObject({ title: "sum([]) throws", status: "open" });
  expect(await facts.queue.jobs({ limit: 1 })).toEqual([]);
});

test("a task is a chain of facts without secrets, and the whole ledger still verifies", async () => {
  const facts = await ledger();
  await facts.addTask("t-1", added({ title: "the key s3cret is logged" }));
  await facts.tellTask("t-1", [{ type: "task.changed", priority: 0, by: "ada" }]);
  const { events } = await facts.read("t-1");
  expect(events.map(({ seq, type }) => [seq, type])).toEqual([
    [0, "task.added"],
    [1, "task.changed"],
  ]);
  expect(foldTask(events)).toMatchObject({ title: "the key … is logged", priority: 0, labels: [] });
  expect((await facts.audit()).findings).toEqual([]);
});

test("whatever is told of a task is anchored: a task that was deleted, cut short or lost its anchors is found", async () => {
  const file = await ledgerFile();
  await file.ledger.addTask("t-1", added());
  await file.ledger.tellTask("t-1", [
    { type: "task.linked", link: { kind: "blocks", to: "t-2" }, by: "ada" },
    { type: "task.closed", outcome: "done", reason: "", by: "ada" },
  ]);
  const problems = async (sql: string) => {
    file.tamper(`CREATE TABLE kept AS SELECT * FROM anchors; ${sql}`);
    const found = (await file.ledger.audit()).findings.filter(({ kind }) => kind === "anchor");
    file.tamper("DELETE FROM anchors; INSERT INTO anchors SELECT * FROM kept; DROP TABLE kept");
    return found.map(({ run, problem }) => [run, problem]);
  };
  expect(await file.ledger.audit()).toMatchObject({ anchors: 2, findings: [] });
  const cut = "no anchor knows of its event 2, which was written with one: anchors were cut";
  expect(await problems("DELETE FROM anchors WHERE seq = 1")).toEqual([["t-1", cut]]);
  expect(await problems("DELETE FROM anchors")).toEqual([["t-1", cut]]);
  expect(await problems("DELETE FROM events WHERE seq = 2; UPDATE runs SET last = 1")).toEqual([
    ["t-1", "event 2 is anchored, and no longer there as it was"],
  ]);
  expect(await problems("DELETE FROM events; DELETE FROM runs")).toHaveLength(2);
});

test("a task from before tasks were anchored still verifies", async () => {
  const { ledger: facts, store } = await ledgerFile();
  const early = sealed([added()], { run: "t-1", head: GENESIS, seq: 0, at: () => 5, scrub: (text) => text });
  await store.append({ rows: early, blobs: [], durable: true });
  expect(await facts.audit()).toMatchObject({ tasks: 1, anchors: 0, findings: [] });
});

test("how a run ends, what that means for its task, and the end of its job become true together", async () => {
  const facts = await ledger();
  await facts.addTask("t-1", added(), [{ kind: "add", now: 0, job: job("j") }]);
  const lease = await facts.queue.claim({
    owner: "a",
    now: 1,
    until: 9,
    kinds: ["task"],
    lanes: [],
    limits: new Map(),
  });
  const log = await facts.open("1run00000000");
  log.along((told) =>
    told.some(({ type }) => type === "run.ended") && lease
      ? {
          tasks: [
            { task: "t-1", facts: [{ type: "task.closed", outcome: "proven", reason: "", by: "claw", run: log.run }] },
          ],
          jobs: [{ kind: "finish", now: 2, lease }],
        }
      : {},
  );
  await log.append({ type: "stage.started", stage: "intake" });
  expect((await facts.read("t-1")).events).toHaveLength(1);
  await log.append({ type: "run.ended", outcome: "proven", reason: "", hint: "" });
  await log.close();
  expect(foldTask((await facts.read("t-1")).events)?.status).toBe("closed");
  expect(await facts.queue.jobs({ limit: 9 })).toMatchObject([{ id: "j", state: "done" }]);
});

test("runs are listed without tasks, and tasks without runs", async () => {
  const facts = await ledger();
  await facts.addTask("t-1", added());
  const log = await facts.open("1run00000000");
  await log.append({ type: "stage.started", stage: "intake" });
  await log.close();
  expect(await facts.unindexed()).toEqual(["1run00000000"]);
  expect(await facts.unindexed(undefined, "task")).toEqual(["t-1"]);
  expect((await facts.newest(9)).map(({ run }) => run)).toEqual(["1run00000000"]);
});

test("what another task blocks is not ready until that one is closed; urgent and due work comes first", () => {
  const task = (name: string, given: Partial<EventOf<"task.added">> = {}, closed = false) => {
    const state = foldTask([
      { ...added(given), seq: 0, at: 5 },
      ...(closed ? [{ type: "task.closed", outcome: "done", reason: "", by: "ada", seq: 1, at: 6 } as const] : []),
    ]);
    if (!state) throw new Error("no task");
    return { ...state, task: name };
  };
  const blocker = (done: boolean) => task("t-a", { links: [{ kind: "blocks", to: "t-b" }], priority: 3 }, done);
  const others = [
    task("t-b", { priority: 0 }),
    task("t-c", { due: 99 }),
    task("t-d", { due: 50 }),
    task("t-held", { held: true }),
    task("t-twin", { links: [{ kind: "duplicates", to: "t-c" }] }),
  ];
  const ready = (done: boolean) => readyTasks([...others, blocker(done)]).map((each) => each.task);
  expect(ready(false)).toEqual(["t-d", "t-c", "t-a"]);
  expect(ready(true)).toEqual(["t-b", "t-d", "t-c"]);
});
