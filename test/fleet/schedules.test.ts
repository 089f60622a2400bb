import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import {
  addSchedule,
  allSchedules,
  enableSchedule,
  endSchedule,
  fireDue,
  type Keeper,
  readSchedule,
  runSchedule,
} from "../../src/fleet/schedules.ts";
import { GENESIS, seal } from "../../src/ledger/chain.ts";
import { type Ledger, openLedger } from "../../src/ledger/ledger.ts";
import { scheduleStream } from "../../src/ledger/schedules.ts";
import { Schedule } from "../../src/policy/schedule.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { foldTask } from "../../src/views/task.ts";
import { ledgerFile } from "../support/ledger-file.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const HOUR = 3_600_000;
const ada = { by: "Ada", identity: "Ada <ada@example.org>", login: "ada" };
const hourly = Schedule.parse({
  cron: "0 * * * *",
  title: "Look at the build",
  body: "Every hour.",
  labels: ["build"],
});

/** Processes on one ledger, with one clock that a test sets. */
async function keepers(count = 1) {
  const file = join(temporaryDirectory(), "ledger.sqlite");
  const time = { now: Date.parse("2026-06-01T10:30:00Z") };
  const all: Keeper[] = [];
  for (let index = 0; index < count; index++) {
    const store = await openSqlite(file);
    onTestFinished(() => store.close());
    const clock = { now: () => time.now, sleep: () => Promise.resolve(), random: () => 0, newId: () => `id${index}` };
    const ledger = openLedger({ store, clock, scrub: (text) => text });
    all.push({ ledger, clock, jobFor: () => [] });
  }
  const [keeper] = all;
  if (!keeper) throw new Error("none");
  const taskOf = async (id: string | null | undefined) => foldTask((await keeper.ledger.read(id ?? "")).events);
  const finish = async (id: string | null | undefined) =>
    (keeper.ledger as ReturnType<typeof openLedger>).tellTask(id ?? "", [
      { type: "task.closed", outcome: "done", reason: "", by: "test" },
    ]);
  return { keeper, all, time, taskOf, finish };
}

const add = (keeper: Keeper, says = hourly) =>
  addSchedule(keeper, { name: "build", says, repository: "/r", person: ada });

test("a schedule that a person added adds its task each time, on that person's word", async () => {
  const { keeper, time, taskOf, finish } = await keepers();
  expect(await add(keeper)).toMatchObject({
    status: "enabled",
    enabledBy: ada,
    due: Date.parse("2026-06-01T11:00:00Z"),
  });
  expect(await fireDue(keeper)).toEqual([]);
  time.now += HOUR;
  const [first] = await fireDue(keeper);
  expect(first).toMatchObject({ name: "build", late: true, skipped: null });
  expect(await taskOf(first?.task)).toMatchObject({
    title: "Look at the build",
    source: { kind: "schedule", ref: "build" },
    by: "Ada",
    repository: "/r",
    workflow: "fix",
    labels: ["build"],
    status: "open",
  });
  await finish(first?.task);
  time.now += HOUR;
  const [second] = await fireDue(keeper);
  expect(second?.task).not.toBe(first?.task);
  expect(await readSchedule(keeper, "build")).toMatchObject({ fired: 2, due: Date.parse("2026-06-01T13:00:00Z") });
});

test("of many processes at the same moment one adds the task", async () => {
  const { keeper, all, time } = await keepers(4);
  await add(keeper);
  time.now += HOUR;
  const fired = (await Promise.all(all.map(fireDue))).flat();
  expect(fired).toHaveLength(1);
  expect(await readSchedule(keeper, "build")).toMatchObject({ fired: 1 });
  expect((await keeper.ledger.read(scheduleStream("build"))).events.map(({ type }) => type)).toEqual([
    "schedule.added",
    "schedule.enabled",
    "schedule.fired",
  ]);
});

test("a schedule whose time was changed beside its facts comes as these say, and keeps no other from coming", async () => {
  const { keeper, time } = await keepers();
  const { due } = await add(keeper);
  await keeper.ledger.tellSchedule({ name: "build", facts: [], from: due, to: 5 });
  expect(await fireDue(keeper)).toEqual([]);
  expect(await keeper.ledger.schedules()).toEqual([{ name: "build", due }]);
  time.now = due;
  expect(await fireDue(keeper)).toMatchObject([{ name: "build", late: false, skipped: null }]);
});

test("a schedule that another ledger takes over comes there, and is changed there", async () => {
  const [here, there] = [await keepers(), await keepers()];
  const { due } = await add(here.keeper);
  const carry = async (): Promise<void> => {
    for await (const stream of (here.keeper.ledger as Ledger).streams())
      await (there.keeper.ledger as Ledger).take(stream);
  };
  await carry();
  expect(await allSchedules(there.keeper)).toMatchObject([{ name: "build", status: "enabled", due }]);
  there.time.now = due;
  expect(await fireDue(there.keeper)).toMatchObject([{ name: "build", skipped: null }]);
  await carry();
  await endSchedule(there.keeper, "build", "schedule.removed", ada);
});

test("while its last task is not done the next time is left out, and said so", async () => {
  const { keeper, time, finish } = await keepers();
  await add(keeper);
  time.now += HOUR;
  const [first] = await fireDue(keeper);
  time.now += HOUR;
  expect(await fireDue(keeper)).toMatchObject([{ task: null, skipped: "unfinished" }]);
  expect(await runSchedule(keeper, "build", ada)).toMatchObject({ skipped: "unfinished", task: first?.task });
  await finish(first?.task);
  time.now += HOUR;
  expect(await fireDue(keeper)).toMatchObject([{ skipped: null }]);
});

test("times at which nothing ran are made up for once, or skipped", async () => {
  const { keeper, time, finish } = await keepers();
  await add(keeper);
  time.now += 9 * HOUR + HOUR / 4;
  const [made] = await fireDue(keeper);
  expect(made).toMatchObject({ late: true, skipped: null });
  expect(await fireDue(keeper)).toEqual([]);
  await finish(made?.task);
  await add(keeper, { ...hourly, missed: "skip" });
  time.now += 9 * HOUR;
  expect(await fireDue(keeper)).toMatchObject([{ task: null, late: true, skipped: "missed" }]);
});

test("a person runs it whenever they like, disables, enables and removes it, and all of it is on record", async () => {
  const { keeper, time, taskOf } = await keepers();
  const { due } = await add(keeper);
  const { task } = await runSchedule(keeper, "build", { by: "Bob" });
  expect(await taskOf(task)).toMatchObject({ by: "Bob" });
  expect(await readSchedule(keeper, "build")).toMatchObject({ due, fired: 1 });
  await endSchedule(keeper, "build", "schedule.disabled", { by: "Bob" });
  time.now += 5 * HOUR;
  expect(await fireDue(keeper)).toEqual([]);
  expect(await enableSchedule(keeper, "build", ada)).toMatchObject({ due: Date.parse("2026-06-01T16:00:00Z") });
  await endSchedule(keeper, "build", "schedule.removed", ada);
  expect(await allSchedules(keeper)).toEqual([]);
  await expect(runSchedule(keeper, "build", ada)).rejects.toThrow(UsageError);
  expect((await add(keeper)).fired).toBe(1);
  expect((await keeper.ledger.read(scheduleStream("build"))).events.map(({ type }) => type)).toEqual([
    "schedule.added",
    "schedule.enabled",
    "schedule.fired",
    "schedule.disabled",
    "schedule.enabled",
    "schedule.removed",
    "schedule.added",
    "schedule.enabled",
  ]);
});

test("a name belongs to one repository, and what would never come is refused", async () => {
  const { keeper } = await keepers();
  await add(keeper);
  await expect(addSchedule(keeper, { name: "build", says: hourly, repository: "/other", person: ada })).rejects.toThrow(
    /\/r/,
  );
  const over = Schedule.parse({ rrule: "FREQ=DAILY;UNTIL=20200101T000000Z", title: "t" });
  await expect(addSchedule(keeper, { name: "over", says: over, repository: "/r", person: ada })).rejects.toThrow(
    /never/,
  );
  expect((await allSchedules(keeper)).map(({ name }) => name)).toEqual(["build"]);
});

test("what is told of a schedule is anchored: who enabled it cannot be changed unseen, with all hashes made anew, nor can it go", async () => {
  const { ledger, tamper, store } = await ledgerFile();
  const keeper: Keeper = { ledger, clock: { now: () => Date.parse("2026-06-01T10:30:00Z") }, jobFor: () => [] };
  await addSchedule(keeper, { name: "look", says: hourly, repository: "/repo", person: ada });
  await endSchedule(keeper, "look", "schedule.disabled", ada);
  expect(await ledger.audit()).toMatchObject({ anchors: 2, findings: [] });
  const run = scheduleStream("look");
  let head = GENESIS;
  for (const { seq, body } of await store.rows(run)) {
    const forged = body.replaceAll("Ada", "Eve");
    head = seal(head, run, seq, forged);
    tamper(`UPDATE events SET body = '${forged}', hash = '${head}' WHERE run = '${run}' AND seq = ${seq}`);
  }
  expect((await readSchedule(keeper, "look"))?.status).toBe("disabled"); // its own chain holds
  const problem = "is anchored, and no longer there as it was";
  const seen = async () => (await ledger.audit()).findings.map((found) => [found.run, found.problem]);
  expect(await seen()).toEqual([
    [run, `event 1 ${problem}`],
    [run, `event 2 ${problem}`],
  ]);
  tamper("DELETE FROM anchors");
  expect(await seen()).toEqual([[run, expect.stringContaining("anchors were cut")]]);
});
