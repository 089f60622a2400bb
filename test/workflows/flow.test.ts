import { expect, test } from "vitest";
import type { Outcome } from "../../src/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { readManifest } from "../../src/policy/manifest.ts";
import { flowSteps } from "../../src/views/flow.ts";
import { foldRun } from "../../src/views/run.ts";
import { conduct } from "../../src/workflows/conduct.ts";
import type { ChildEnd, Children, ChildWork } from "../../src/workflows/flow/children.ts";
import { type FlowInput, runFlow } from "../../src/workflows/flow/flow.ts";
import type { RunEnd } from "../../src/workflows/workflow.ts";
import { memoryLedger, tickingClock } from "../support/recorded-fix.ts";

/** What a child's run comes to; given again each time it is worked on. */
type Script = (work: ChildWork, times: number) => Partial<ChildEnd> & { readonly outcome: Outcome };

class Killed extends Error {}

type Tick = () => void;

/** The runs of a flow's steps, which outlive its processes. */
function scriptedRuns(script: Script) {
  const begun = new Map<string, string>();
  const times = new Map<string, number>();
  const finished = new Map<string, ChildEnd>();
  const asked: ChildWork[] = [];
  const children = (tick: Tick): Children => ({
    begun: () => Promise.resolve(new Map(begun)),
    async work(work, known) {
      expect(known, `${work.step} is begun once`).toBe(begun.get(work.step) ?? null);
      asked.push(work);
      const run = known ?? `run-${work.step}`;
      begun.set(work.step, run);
      tick();
      const past = finished.get(run);
      if (past) return past;
      const count = (times.get(work.step) ?? 0) + 1;
      times.set(work.step, count);
      const end = { run, reason: "so", hint: "", usdNano: 1e9, tokens: 10, outputs: {}, ...script(work, count) };
      if (end.outcome !== "waiting" && end.outcome !== "model-unavailable") finished.set(run, end);
      tick();
      return end;
    },
  });
  return { times, asked, children };
}

const FLOW = "flow00000001";

/** A ledger with a flow in it, whose process can be killed at any tick: after each fact, and amid its runs. */
async function world(text: string, script: Script, more: Partial<FlowInput> = {}) {
  const ledger: Ledger = await memoryLedger();
  const clock = tickingClock();
  const { times, asked, children } = scriptedRuns(script);
  const desk = {
    clock,
    signal: new AbortController().signal,
    manifest: readManifest(undefined),
    waitMs: 1e9,
    deadline: Number.MAX_SAFE_INTEGER,
  };
  /** Runs it, or goes on with it, until it ends, pauses or is killed. */
  const go = async (killAt = Infinity, limits = {}): Promise<RunEnd | "killed"> => {
    let ticks = 0;
    const tick = (): void => {
      ticks += 1;
      if (ticks === killAt) throw new Killed();
    };
    const log = await ledger.open(FLOW);
    const items = Object.entries(more.lines ?? {}).map(([id, read]) => [id, { ...read, items: log.put(read.items) }]);
    const input = { title: "f", file: "f.yaml", inputs: {}, flow: log.put(text), lines: Object.fromEntries(items) };
    log.listen(tick);
    const most = { usdNano: 100e9, turns: 0, tokens: 1000, wallMs: 1e9, attempts: 1, ...limits };
    try {
      if (log.events.length > 0) await log.append({ type: "run.resumed", host: "test" });
      const whole = { ...desk, log, limits: most, children: () => Promise.resolve(children(tick)) };
      return await conduct(log, desk.signal, () => runFlow(input, whole));
    } catch (error) {
      if (error instanceof Killed) return "killed";
      throw error;
    }
  };
  return { ledger, go, times, asked, ...readings(ledger) };
}

function readings(ledger: Ledger) {
  return {
    /** How its steps stand on record. */
    steps: async (): Promise<string[]> =>
      flowSteps((await ledger.read(FLOW)).events).map(({ name, outcome }) => `${name} ${outcome}`),
    approve: async (): Promise<void> => {
      const log = await ledger.open(FLOW);
      const { end } = foldRun(log.events);
      if (end?.type !== "run.paused" || end.diff === undefined) throw new Error("it waits for nobody");
      await log.append({ type: "approval.given", diff: end.diff, by: "Ada", expires: 1e15 });
      await log.close();
    },
  };
}

const regressions = [{ text: "a" }, { text: "b" }, { text: "c" }];
const mend = `name: mend
steps:
  - id: look
    triage: {}
    continue_on: [regression]
  - id: ask
    when: { step: look, output: regressions, above: 0 }
    approval: { ask: "Mend {{steps.look.failures}} of them?" }
  - id: mend
    for_each: "{{steps.look.regressions}}"
    fix: { regression: "{{item}}" }
  - id: where
    when: { step: mend, outcome: no-patch }
    localise: {}
`;
const asRecorded: Script = ({ kind }) =>
  kind === "triage" ? { outcome: "regression", outputs: { failures: 3, regressions } } : { outcome: "proven" };

test("killed at every border and at every moment of its runs, a flow goes on, and repeats no finished step", async () => {
  let killed = 0;
  for (let killAt = 1; ; killAt++) {
    const { go, steps, approve, times } = await world(mend, asRecorded);
    const ends: (RunEnd | "killed")[] = [await go(killAt)];
    while (ends.at(-1) === "killed" || (ends.at(-1) as RunEnd).outcome === "waiting") {
      if (ends.at(-1) !== "killed") await approve();
      // The second time it is killed as far into what is left.
      ends.push(await go(ends.length === 1 ? killAt : Infinity));
    }
    expect(ends.at(-1), `killed at ${killAt}`).toMatchObject({ outcome: "done" });
    expect(await steps()).toEqual([
      "look regression",
      "ask done",
      "mend[1] proven",
      "mend[2] proven",
      "mend[3] proven",
      "mend done",
      "where skipped",
    ]);
    expect(Object.fromEntries(times)).toEqual({ look: 1, "mend[1]": 1, "mend[2]": 1, "mend[3]": 1 });
    if (!ends.includes("killed")) break;
    killed += 1;
  }
  expect(killed).toBeGreaterThan(15);
});

test("an item that waits for a person keeps no other from being done, and then the flow waits with it", async () => {
  let decided = false;
  const { go, steps, times } = await world(
    mend.replace("approval", "localise").replace(/\{ ask: .*/, "{}"),
    ({ kind, step }) =>
      kind === "triage"
        ? { outcome: "regression", outputs: { regressions } }
        : { outcome: step === "mend[2]" && !decided ? "waiting" : "proven" },
  );
  expect(await go()).toMatchObject({
    outcome: "waiting",
    hint: "look at it with claw diff run-mend[2], then: claw approve run-mend[2] && claw resume flow00000001",
  });
  expect(await steps()).toEqual(["look regression", "ask proven", "mend[1] proven", "mend[3] proven"]);
  decided = true;
  expect(await go()).toMatchObject({ outcome: "done" });
  expect(times.get("mend[1]")).toBe(1);
});

const two = (more: string): string => `name: two
steps:
  - id: cheap
    fix: { text: "it is broken" }
    engine: search
${more}
  - id: strong
    when: { step: cheap, outcome: [no-patch, unproven] }
    fix: { text: "it is broken: {{steps.cheap.reason}}" }
    model: strong/model
    budget_usd: 3
`;

test("what one step did not do, a later one does with another model: then the flow is done", async () => {
  const { go, asked } = await world(two("    continue_on: [no-patch]"), ({ step }) =>
    step === "cheap" ? { outcome: "no-patch", reason: "nothing found" } : { outcome: "proven" },
  );
  expect(await go()).toMatchObject({
    outcome: "done",
    reason: "2 steps done; cheap ended with no-patch, which a later step dealt with",
  });
  expect(asked.map(({ engine, model, values }) => [engine, model, values["text"]])).toEqual([
    ["search", undefined, "it is broken"],
    [undefined, "strong/model", "it is broken: nothing found"],
  ]);
});

test("an outcome that the flow does not go on after ends it with that outcome, and nothing is begun after it", async () => {
  const { go, asked } = await world(two(""), () => ({ outcome: "no-patch", reason: "nothing found" }));
  expect(await go()).toMatchObject({ outcome: "no-patch", reason: "step cheap: nothing found" });
  expect(asked).toHaveLength(1);
});

test("a step that could be tolerated and nobody dealt with is no success, and neither is a flow that did nothing", async () => {
  const flaky = await world(
    "name: f\nsteps: [{ id: look, triage: {}, continue_on: [flaky] }, { id: mend, for_each: '{{steps.look.regressions}}', fix: { regression: '{{item}}' } }]",
    () => ({ outcome: "flaky", outputs: { regressions: [] } }),
  );
  expect(await flaky.go()).toMatchObject({ outcome: "flaky" });
  expect(await flaky.steps()).toEqual(["look flaky", "mend skipped"]);
  const idle = await world(
    "name: f\nsteps: [{ id: each, for_each: { lines: f.jsonl }, fix: { text: '{{item.text}}' } }]",
    () => ({ outcome: "proven" }),
    { lines: { each: { source: "f.jsonl", items: "[]" } } },
  );
  expect(await idle.go()).toMatchObject({
    outcome: "no-patch",
    reason: "no step had anything to do: 0 steps, 1 skipped",
  });
});

const batch = `name: batch
steps:
  - id: each
    for_each: { lines: f.jsonl }
    at_most: 3
    fix: { text: "{{item.text}}" }
    budget_usd: 2
    continue_on: [no-patch, usage, over-budget]
`;
const lines = (...items: unknown[]) => ({ lines: { each: { source: "f.jsonl", items: JSON.stringify(items) } } });

test("a batch tells how each item ended: one that cannot be read as it should ends alone, and no more are done than are allowed", async () => {
  const items = lines({ text: "one" }, { txt: "typo" }, { text: "three" }, { text: "four" });
  const { go, steps, asked } = await world(
    batch,
    ({ step }) => ({ outcome: step === "each[3]" ? "no-patch" : "proven" }),
    items,
  );
  expect(await go()).toMatchObject({ outcome: "over-budget" });
  expect(await steps()).toEqual(["each[1] proven", "each[2] usage", "each[3] no-patch", "each over-budget"]);
  expect(asked.map(({ step }) => step)).toEqual(["each[1]", "each[3]"]);
});

test("steps draw from one budget: the smaller of their own and what is left, and nothing where nobody knows what one cost", async () => {
  const items = lines({ text: "one" }, { text: "two" }, { text: "three" });
  const most = async (usdNano: number | null): Promise<unknown[]> => {
    const { go, asked } = await world(batch, () => ({ outcome: "proven", usdNano }), items);
    await go(Infinity, { usdNano: 3.5e9, tokens: 25 });
    return asked.map((work) => [work.most.usdNano, work.most.tokens]);
  };
  expect(await most(1.7e9)).toEqual([
    [2e9, 25],
    [1.8e9, 15],
    [0.1e9, 5],
  ]);
  expect(await most(null)).toEqual([
    [2e9, 25],
    [0, 15],
    [0, 5],
  ]);
});

test("a server that is away has the flow wait with the run of its step, and go on with that run", async () => {
  const { go, asked, times } = await world(two("    continue_on: [no-patch]"), (_, count) => ({
    outcome: count === 1 ? "model-unavailable" : "proven",
    hint: "claw resume run-cheap",
  }));
  expect(await go()).toMatchObject({ outcome: "model-unavailable", hint: "claw resume flow00000001" });
  expect(await go()).toMatchObject({ outcome: "done" });
  expect([asked.length, times.get("cheap")]).toEqual([2, 2]);
});

test("items that one step did not do go to another step, and only those; what nobody dealt with is how the flow ends", async () => {
  const again = `${batch}  - id: rest
    for_each: { again: each, outcome: [no-patch] }
    fix: { text: "harder: {{item.text}}" }
    model: strong/model
`;
  const items = lines({ text: "one" }, { text: "two" }, { text: "three" });
  const ended = async (second: Outcome): Promise<unknown> => {
    const { go, asked } = await world(
      again,
      ({ step }) => ({ outcome: step === "each[2]" ? second : step === "each[3]" ? "no-patch" : "proven" }),
      items,
    );
    const end = await go();
    return [end !== "killed" && end.outcome, asked.slice(3).map(({ values }) => values["text"])];
  };
  expect(await ended("proven")).toEqual(["done", ["harder: three"]]);
  expect(await ended("over-budget")).toEqual(["over-budget", ["harder: three"]]);
});
