import { expect, test } from "vitest";
import { readGate } from "../../src/fleet/gate.ts";
import { foldTask } from "../../src/views/task.ts";
import { git, temporary } from "../repo/fixture.ts";
import { type } from "../support/cli-desk.ts";
import { statusOf, withTasks } from "../support/pool.ts";
import { sameUntil } from "../../src/cli/work/begin-anew.ts";

const DAY = 24 * 3_600_000;

/** A queue with a job that was given up, ten days ago, and one that waits. */
async function queueWithDead() {
  const ledger = await withTasks("dead", "next");
  const then = Date.now() - 10 * DAY;
  const about = {
    kind: "task",
    payload: "{}",
    priority: 2,
    lane: "",
    role: "fix",
    model: "m",
    repository: "/repo",
  } as const;
  const add = (id: string, subject: string, at: number) =>
    ({ kind: "add", now: at, job: { ...about, id, subject, dedupe: subject, at } }) as const;
  await ledger.queue.move([add("job-dead", "t-dead", then)]);
  const worker = { owner: "far 1 1", now: then, until: then + 1000, kinds: ["task"], lanes: [], limits: new Map() };
  const lease = await ledger.queue.claim(worker);
  if (!lease) throw new Error("nothing to claim");
  const reason = "6 tries: the disk is full\u001b[2J";
  const bury = { kind: "bury", now: then, lease, reason } as const;
  await ledger.tellTask("t-dead", [{ type: "task.buried", reason }], [bury]);
  await ledger.queue.move([add("job-next", "t-next", Date.now())]);
  const job = lease.job.id;
  const claw = async (...words: string[]) => type(words, { ledger });
  return { ledger, job, claw };
}

test("what was given up is listed, shown try by try, and tried again, with its task", async () => {
  const { ledger, job, claw } = await queueWithDead();
  const list = await claw("dlq", "list");
  expect(list).toMatchObject({ code: 0, err: "" });
  expect(list.out).toMatch(/t-dead .*dead: 6 tries: the disk is full/);
  expect(list.out).not.toContain("\u001b");
  expect(JSON.parse((await claw("dlq", "list", "--json")).out)).toMatchObject({ type: "dead", job, task: "t-dead" });
  for (const name of [job, "t-dead", "dead"]) {
    const shown = await claw("dlq", "show", name);
    expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(/far 1 1[^]*claw dlq retry/)]);
  }
  expect(JSON.parse((await claw("dlq", "show", "dead", "--json")).out)).toMatchObject({ tries: expect.any(Number) });
  const close = { type: "task.closed", outcome: "done", reason: "", by: "ada" } as const;
  await ledger.tellTask("t-dead", [close]);
  expect((await claw("dlq", "retry", "dead")).err).toMatch(/the task t-dead is closed\n.*claw task reopen t-dead/);
  expect((await claw("dlq", "retry", "--all")).out).toBe("0 jobs ready again\n");
  await ledger.tellTask("t-dead", [{ type: "task.reopened", reason: "", by: "ada" }]);
  expect((await claw("dlq", "retry", "dead")).out).toBe("1 job ready again\n");
  expect(await statusOf(ledger, "dead")).toBe("open");
  expect(await claw("dlq", "list")).toEqual({ code: 0, out: "", err: "nothing was given up\n" });
  expect(JSON.parse((await claw("dlq", "retry", "--all", "--json")).out)).toMatchObject({ type: "retry", jobs: [] });
});

test("what was given up is forgotten by name, or by age, and its task stays", async () => {
  const one = await queueWithDead();
  expect((await one.claw("dlq", "drop", "t-dead")).out).toContain("is forgotten");
  expect(await one.claw("dlq", "list", "--json")).toEqual({ code: 0, out: "", err: "" });
  expect(await statusOf(one.ledger, "dead")).toBe("dead");
  const other = await queueWithDead();
  expect(JSON.parse((await other.claw("dlq", "prune", "--json")).out)).toEqual({
    type: "prune",
    version: 1,
    pruned: 0,
  });
  await other.claw("dlq", "prune", "--days", "7");
  expect((await other.claw("dlq", "list")).err).toBe("nothing was given up\n");
});

test.each([
  [["dlq", "show"], /missing required argument/],
  [["dlq", "show", "nowhere"], /there is no dead job "nowhere"\n.*claw dlq list/],
  [["dlq", "drop", "next"], /there is no dead job/],
  [["dlq", "retry"], /say which job, or --all/],
  [["dlq", "retry", "dead", "--all"], /say which job, or --all/],
  [["dlq", "prune", "--days", "soon"], /--days/],
  [["dlq", "list", "-n", "0"], /--number/],
  [["queue", "stats", "now"], /too many arguments/],
  [["queue", "pause", "--for", "1h"], /unknown option '--for'/],
  [["queue", "stop"], /unknown command 'stop'/],
  [["enqueue"], /missing required argument/],
])("claw %j is told what is wrong with it, and changes nothing", async (words, problem) => {
  const { ledger, claw } = await queueWithDead();
  expect(await claw(...words)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(problem) });
  expect(await ledger.queue.jobs({ limit: 9 })).toHaveLength(2);
  expect((await readGate(ledger)).state).toBe("open");
});

test("the queue is paused, drained and opened, by whom is told, and its numbers are of each state", async () => {
  const { claw } = await queueWithDead();
  expect((await claw("queue", "pause")).out).toMatch(/^workers begin nothing more, and wait/);
  expect((await claw("queue", "pause")).out).toMatch(/^it was so already/);
  expect((await claw("queue", "stats")).out).toMatch(
    /^paused by ada: 1 ready, 0 later, 0 being done, 1 given up, 0 done[^]*fix · m · \/repo/,
  );
  expect(JSON.parse((await claw("queue", "drain", "--json")).out)).toMatchObject({
    state: "draining",
    before: "paused",
  });
  expect(JSON.parse((await claw("queue", "resume", "--json")).out)).toMatchObject({ state: "open", by: "ada" });
  expect(JSON.parse((await claw("queue", "stats", "--json")).out)).toMatchObject({
    gate: "open",
    totals: { ready: 1, dead: 1 },
  });
});

test("tasks come in as lines of JSON, each once; one line that is none keeps all of them out", async () => {
  const ledger = await withTasks();
  const cwd = temporary();
  git(cwd, "init", "--quiet");
  git(cwd, "commit", "--quiet", "--allow-empty", "--message=first");
  const put = (text: string, ...words: string[]) =>
    type(["enqueue", "-", ...words], { ledger, cwd, stdin: Buffer.from(text) });
  const lines = '{"title":"sum([]) throws","priority":1,"flags":{"engine":"search"}}\n\n{"title":"means are wrong"}\n';
  for (const [bad, problem] of [
    [`${lines}{"title":`, /line 4 is no task: it is no JSON/],
    [`${lines}{"title":"t","wish":1}`, /line 4 is no task: .*wish/],
    [`${lines}{"title":"t","flags":{"engin":"search"}}`, /flags: .*engin/],
    [`${lines}{"title":"t","repository":"/nowhere"}`, /\/nowhere/],
  ] as const)
    expect(await put(bad)).toMatchObject({ code: expect.any(Number), out: "", err: expect.stringMatching(problem) });
  expect(await ledger.unindexed(undefined, "task")).toEqual([]);
  const first = (await put(lines, "--json")).out.trim().split("\n");
  expect(first.map((line) => (JSON.parse(line) as { isNew: boolean }).isNew)).toEqual([true, true]);
  expect((await put(lines)).out).toMatch(/^t-\w+ {2}sum\(\[\]\) throws\nt-\w+ {2}means are wrong\n$/);
  const [task = ""] = await ledger.unindexed(undefined, "task");
  expect(foldTask((await ledger.read(task)).events)).toMatchObject({ repository: cwd, by: "ada" });
});

test.each([
  [
    ["work", "--until", "8h", "--json"],
    ["work", "--json", "2026-01-02T03:04:05.000Z"],
  ],
  [
    ["work", "--until=06:00"],
    ["work", "2026-01-02T03:04:05.000Z"],
  ],
  [["work"], ["work"]],
])("a process that begins anew ends when it was to end: %j", (words, holds) => {
  const again = sameUntil(words, Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(again.filter((word) => word !== "--until").toSorted()).toEqual([...holds].toSorted());
  expect(sameUntil(again, Date.UTC(2026, 0, 2, 3, 4, 5))).toEqual(again);
});
