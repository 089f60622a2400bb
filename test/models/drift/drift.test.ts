import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { advance, type Track } from "../../../src/models/drift/cusum.ts";
import { canarySet } from "../../../src/models/drift/canary-set.ts";
import { settledStanding } from "../../../src/models/drift/settled.ts";
import { observed, type Standing, standingOf, withCanaries } from "../../../src/models/drift/standing.ts";
import type { HealthSample } from "../../../src/views/health.ts";
import { type } from "../../support/cli-desk.ts";
import { memoryLedger } from "../../support/recorded-fix.ts";
import { endpointAt } from "../desk.ts";
import { temporary } from "../../repo/fixture.ts";
import { between, modelServer } from "../probe/server.ts";

/** Numbers between 0 and 1 that are the same in each run of the test (Mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const nothing: Standing = { tracks: {}, runs: 0, installation: "", canaries: null, quarantine: null };

const sample = (changes: Partial<HealthSample> = {}): HealthSample => ({
  model: "local/m",
  replies: 20,
  malformed: 0.02,
  wordless: 0.05,
  tokensPerReply: 300,
  tokensPerSecond: 40,
  proven: true,
  installation: "m",
  ...changes,
});

/** Runs of a model that does as it always did: its figures scatter as those of real runs do. */
function usual(next: () => number): HealthSample {
  const around = (middle: number): number => middle * Math.exp((next() + next() + next() - 1.5) * 0.8);
  return sample({
    malformed: next() < 0.3 ? next() * 0.1 : 0,
    wordless: next() < 0.5 ? next() * 0.15 : 0,
    tokensPerReply: around(300),
    tokensPerSecond: around(40),
    proven: next() < 0.7,
  });
}

const after = (samples: readonly HealthSample[], from = nothing): Standing =>
  samples.reduce((standing, one, at) => observed(standing, one, at), from);

describe("drift of a model, by the runs of this installation:", () => {
  test("a model that stays as it was is left alone for hundreds of runs", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = chances(seed);
      alarms += after(Array.from({ length: 300 }, () => usual(next))).quarantine === null ? 0 : 1;
    }
    expect(alarms).toBeLessThanOrEqual(2);
  });

  test.each<[string, Partial<HealthSample>, number, RegExp]>([
    ["calls that cannot be read", { malformed: 0.4 }, 4, /^calls that cannot be read: \d %? ?.*before, \d+ % of late$/],
    ["replies without a call", { wordless: 0.6 }, 4, /^replies without a call: /],
    ["longer replies", { tokensPerReply: 1_500 }, 5, /^tokens in a reply: \d+ before, \d+ of late/],
    ["shorter replies", { tokensPerReply: 40 }, 5, /^tokens in a reply: /],
    ["slower writing", { tokensPerSecond: 6 }, 5, /^tokens written in a second: \d+ before, \d+ of late/],
    ["fixes that do not hold any more", { proven: false }, 10, /^fixes that were proven: \d+ % before, 0 % of late|%/],
  ])("%s put it in quarantine within a few runs, and not at once", (_, changes, within, why) => {
    const next = chances(7);
    const known = after(Array.from({ length: 40 }, () => usual(next)));
    expect(known.quarantine).toBeNull();
    const bad = Array.from({ length: within }, () => ({ ...usual(next), ...changes }));
    expect(after(bad.slice(0, 1), known).quarantine).toBeNull();
    expect(after(bad, known).quarantine?.why).toMatch(why);
  });

  test("nobody knows what is usual before ten runs", () => {
    const odd = Array.from({ length: 9 }, (_, index) => sample({ malformed: index % 2 }));
    expect(after(odd).quarantine).toBeNull();
  });

  test("a run that tells nothing of a figure changes nothing about it", () => {
    const silent = sample({
      malformed: null,
      wordless: null,
      tokensPerReply: null,
      tokensPerSecond: null,
      proven: null,
    });
    expect(after([silent])).toEqual({ ...nothing, runs: 1, installation: "m" });
  });

  test("one run counts no more than four deviations, however odd", () => {
    let track: Track | undefined;
    const watching = { wrong: "up", scatter: 1, forgiven: 1 } as const;
    for (let run = 0; run < 10; run += 1) ({ track } = advance(track, 0, watching));
    expect(advance(track, 1e9, watching)).toMatchObject({ track: { up: 3 }, alarm: null });
  });
});

describe("canary questions", () => {
  const result = { of: 20, passed: 18, installation: "m", server: "1.0" };

  test("two right answers fewer than the first time put a model in quarantine, one does not", () => {
    const first = withCanaries(nothing, result, 1);
    expect(withCanaries(first, { ...result, passed: 17 }, 2).quarantine).toBeNull();
    expect(withCanaries(first, { ...result, passed: 16 }, 2).quarantine?.why).toBe(
      "canary questions: 18 of 20 right at first, 16 now",
    );
  });

  test("there are twenty, all different", () => {
    expect(new Set(canarySet.map(({ text }) => text)).size).toBe(20);
  });
});

/** A server whose model answers canary questions; `worse` breaks what calls carry. */
async function singing(): Promise<{ address: string; worse: () => void; asked: () => number }> {
  let broken = false;
  let asked = 0;
  const address = await modelServer({
    model: (messages, tools) => {
      asked += 1;
      const text = messages.at(-1)?.content ?? "";
      if (!tools) return { text: "391 i nretnal 13 2 10 29 255 banana, kiwi, fig; a + b" };
      const count = Number(/count is (\d+)/.exec(text)?.[1]);
      const carried = broken ? between(text).replaceAll('"', "'") : between(text);
      return { calls: [{ id: "a", name: "note", arguments: { text: carried, count } }] };
    },
  });
  return { address, worse: () => (broken = true), asked: () => asked };
}

test("claw models canary sets what is usual, finds a server that got worse, and claw models lift takes it back", async () => {
  const { address, worse } = await singing();
  const ledger = await memoryLedger();
  const environment = { CLAW_HOME: temporary(), OPENAI_BASE_URL: address };
  const typed = (...argv: string[]) => type(["models", ...argv], { environment, ledger });

  expect(await typed("canary", "openai")).toMatchObject({
    code: 0,
    out: "openai/qwen: 20 of 20 right, 20 the first time\n",
  });
  worse();
  const second = await typed("canary", "openai", "--json");
  expect(second.code).toBe(20);
  expect(JSON.parse(second.out)).toMatchObject({
    type: "canary",
    model: "openai/qwen",
    passed: 17,
    first: 20,
    quarantine: { why: "canary questions: 20 of 20 right at first, 17 now" },
  });
  expect((await typed("list")).out).toContain("→ claw models lift openai/qwen");
  expect(await typed("lift", "openai/qwen")).toMatchObject({ code: 0, out: "openai/qwen may be used again\n" });
  expect(await typed("lift", "openai/qwen")).toMatchObject({ code: 2 });
  expect((await standingOf(ledger.change, "openai/qwen")).quarantine).toBeNull();
});

test("a run's start asks them again only where they were asked before, and when that is due", async () => {
  const { address, asked, worse } = await singing();
  const ledger = await memoryLedger();
  const endpoint = endpointAt(address, { name: "openai", model: "qwen", selfHosted: true });
  let now = systemClock.now();
  const settled = () => settledStanding(endpoint, { change: ledger.change, clock: { ...systemClock, now: () => now } });
  await settled();
  expect(asked()).toBe(0);
  await type(["models", "canary", "openai"], {
    environment: { CLAW_HOME: temporary(), OPENAI_BASE_URL: address },
    ledger,
  });
  await settled();
  expect(asked()).toBe(20);
  now += 6 * 3_600_000 + 1000;
  worse();
  expect((await settled()).quarantine?.why).toContain("20 of 20 right at first, 17 now");
  expect(asked()).toBe(40);
});
