import { expect, test } from "vitest";
import type { WorkPlace } from "../../src/cli/fix-work.ts";
import { attempt, refill } from "../../src/cli/nightly/attempt.ts";
import { workOf } from "../../src/cli/nightly/collect.ts";
import { loadConfig } from "../../src/config.ts";
import { setGate } from "../../src/fleet/gate.ts";
import { foldTask } from "../../src/views/task.ts";
import { type FinishedRun, watched, type Watch } from "../../src/workflows/start.ts";
import { pieces } from "../support/recorded-fix.ts";
import { added, withTasks } from "../support/pool.ts";

/** A night's attempts at tasks whose runs end at once, each told when it begins. */
async function nightOn(...names: readonly string[]) {
  const ledger = await withTasks();
  const wish = { flags: { engine: "search" } };
  for (const name of names) await ledger.addTask(`t-${name}`, added(name, { wish }));
  const config = loadConfig({ HOME: "/nonexistent", USER: "ada", PATH: process.env["PATH"] });
  const begun: string[] = [];
  const start = async (request: Watch & { readonly task?: string }): Promise<FinishedRun> => {
    const log = await ledger.open(`1run0000${String(begun.length).padStart(4, "0")}`);
    watched(log, request);
    const end = { outcome: "proven", reason: "it holds", hint: "" } as const;
    await log.append({ ...pieces(log).started, task: request.task });
    await log.append({ type: "run.ended", ...end });
    await log.close();
    return { run: log.run, ...end };
  };
  const app = { config, start, ledger: () => Promise.resolve(ledger) } as unknown as WorkPlace["app"];
  const place = { app, cwd: "/", err: () => {}, signal: new AbortController().signal } as unknown as WorkPlace;
  const onStart = (): void => {};
  const attemptAt = async (name: string, limits: ReadonlyMap<string, number> = new Map()) => {
    const task = foldTask((await ledger.read(`t-${name}`)).events);
    if (!task) throw new Error("no such task");
    const parts = { place, ledger, night: "1night000000", lanes: [], limits, onStart, onEvent: () => {} };
    const allowed = { usdNano: null, wallMs: 60_000 };
    return attempt(parts, workOf({ ...task, task: `t-${name}` }), allowed, place.signal, () => begun.push(name));
  };
  await refill(ledger, "m");
  return { ledger, begun, attemptAt };
}

test("a night takes nothing from a queue that is paused or drained, and says who did it and what opens it", async () => {
  const { ledger, begun, attemptAt } = await nightOn("a");
  for (const [state, outcome] of [
    ["paused", "paused"],
    ["draining", "draining"],
  ] as const) {
    await setGate(ledger, { state, by: "bob", at: 1 });
    expect(await attemptAt("a")).toMatchObject({
      outcome,
      run: null,
      reason: expect.stringMatching(/bob.*claw queue/),
    });
  }
  expect(begun).toEqual([]);
  await setGate(ledger, { state: "open", by: "bob", at: 1 });
  expect(await attemptAt("a")).toMatchObject({ outcome: "proven" });
  expect(begun).toEqual(["a"]);
});

test("a night keeps to what config.yaml allows at once, and waits for its turn", async () => {
  const { ledger, begun, attemptAt } = await nightOn("a", "b");
  const one = new Map([["repository:*", 1]]);
  const now = Date.now();
  const other = { owner: "somebody 1 1", now, until: now + 60_000, kinds: ["task"], lanes: [], limits: one };
  const lease = await ledger.queue.claim({ ...other, subject: "t-b" });
  const held = await attemptAt("a", one);
  expect(held).toMatchObject({ outcome: "limited", run: null });
  expect(held.at).toBeGreaterThan(now);
  expect(await attemptAt("b", one)).toMatchObject({ outcome: "lost", at: null });
  expect(begun).toEqual([]);
  if (lease) await ledger.queue.move([{ kind: "finish", now, lease }]);
  expect(await attemptAt("a", one)).toMatchObject({ outcome: "proven" });
});
