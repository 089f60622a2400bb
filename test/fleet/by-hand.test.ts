import { expect, test } from "vitest";
import { systemClock as clock } from "../../src/clock.ts";
import { workByHand } from "../../src/fleet/by-hand.ts";
import { aboutOf } from "../../src/fleet/feed.ts";
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

test("a task whose command was killed may be begun again", async () => {
  const ledger = await memoryLedger();
  const about = aboutOf(added("sums"), "");
  const job = { id: "j", kind: "hand", subject: "t-1", payload: "{}", dedupe: "t-1", priority: 0, at: 0 } as const;
  await ledger.queue.move([{ kind: "add", now: 0, job: { ...job, ...about } }]);
  const owner = "another-host 1 1 j";
  const killed = { owner, now: 1, until: 2, kinds: ["hand"], lanes: [], limits: new Map<string, number>() };
  expect(await ledger.queue.claim(killed)).not.toBeNull();
  const failing = (): Promise<never> => Promise.reject(new Error("it was begun"));
  const watch = { signal: new AbortController().signal };
  await expect(workByHand({ ledger, clock, task: "t-1", about }, watch, failing)).rejects.toThrow("it was begun");
});
