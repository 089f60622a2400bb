import { expect, test } from "vitest";
import { systemClock as clock } from "../../src/clock.ts";
import { workByHand } from "../../src/fleet/by-hand.ts";
import { aboutOf, feedQueue, readyJobs } from "../../src/fleet/feed.ts";
import { startTask } from "../../src/fleet/start-task.ts";
import { wantedTask } from "../../src/fleet/wanted-task.ts";
import type { House, StartRequest } from "../../src/workflows/start.ts";
import { git, temporary } from "../repo/fixture.ts";
import { started } from "../support/facts.ts";
import { memoryLedger } from "../support/recorded-fix.ts";
import { added } from "../support/pool.ts";

test("a task that a command works on is refused to a second one, and is free again after the first", async () => {
  const ledger = await memoryLedger();
  const about = aboutOf(added("sums"), "");
  await ledger.addTask("t-1", added("sums"));
  const watch = { signal: new AbortController().signal };
  const by = { ledger, clock, task: "t-1", about };
  const failing = (): Promise<never> => Promise.reject(new Error("the run failed"));
  const first = workByHand(by, watch, async () => {
    await expect(workByHand(by, watch, failing)).rejects.toMatchObject({
      message: "task t-1 is being worked on already, by another command",
      outcome: "blocked",
    });
    return failing();
  });
  await expect(first).rejects.toThrow("the run failed");
  await expect(workByHand(by, watch, failing)).rejects.toThrow("the run failed");
});

test("a task whose command was killed is done by workers, and may be begun again", async () => {
  const ledger = await memoryLedger();
  const about = aboutOf(added("sums"), "");
  await ledger.addTask("t-1", added("sums"));
  const job = { id: "j", kind: "hand", subject: "t-1", payload: "{}", dedupe: "t-1", priority: 0, at: 0 } as const;
  await ledger.queue.move([{ kind: "add", now: 0, job: { ...job, ...about } }]);
  const owner = "another-host 1 1 j";
  const killed = { owner, now: 1, until: 2, kinds: ["hand"], lanes: [], limits: new Map<string, number>() };
  expect(await ledger.queue.claim(killed)).not.toBeNull();
  await ledger.queue.reap(() => true, 3);
  expect(await readyJobs({ ledger, clock }, 9)).toEqual([]);
  expect(await feedQueue({ ledger, clock }, (task) => aboutOf(task, ""))).toBe(1);
  expect(await ledger.queue.jobs({ limit: 9 })).toMatchObject([{ kind: "task", subject: "t-1", state: "ready" }]);
  const failing = (): Promise<never> => Promise.reject(new Error("it was begun"));
  const watch = { signal: new AbortController().signal };
  await expect(workByHand({ ledger, clock, task: "t-1", about }, watch, failing)).rejects.toThrow("it was begun");
});

test("who asks again for work whose run has not ended is told of that run, which a new one does not go on with", async () => {
  const ledger = await memoryLedger();
  const dir = temporary();
  git(dir, "init", "--quiet");
  git(dir, "commit", "--quiet", "--allow-empty", "--message=first");
  const wanted = {
    known: null,
    text: "sums are wrong",
    source: { kind: "text", ref: "" },
    trust: "user",
    wish: {},
  } as const;
  const { task, added: told } = await wantedTask(ledger, wanted, { repository: dir, by: "ada" });
  await ledger.addTask(task, told);
  const log = await ledger.open("1run00000000");
  await log.append({ ...started, task });
  await log.close();
  const left: string[] = [];
  const house = { ledger, clock, initiator: "ada", path: process.env["PATH"], userHome: "/nonexistent" } as House;
  const request = { wanted, cwd: dir, signal: AbortSignal.abort(), onLeft: (run: string) => void left.push(run) };
  await expect(startTask(house, request as unknown as StartRequest)).rejects.toBeInstanceOf(Error);
  expect(left).toEqual(["1run00000000"]);
});
