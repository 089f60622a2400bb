import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { connectModel } from "../../../src/models/connect.ts";
import {
  afterReading,
  afterRefusal,
  afterReply,
  type Bounds,
  firstPace,
  type Pace,
} from "../../../src/models/limit/aimd.ts";
import { boundsFor, type Change, limited } from "../../../src/models/limit/limited.ts";
import { ask, leave } from "../../../src/models/limit/places.ts";
import type { ConnectedModel, Reply } from "../../../src/models/model.ts";
import { ModelError } from "../../../src/models/model-error.ts";
import type { Gauges } from "../../../src/models/probe/metrics.ts";
import { chatJson } from "../../support/model-wire.ts";
import { endpointAt, requestOf } from "../desk.ts";

const bounds: Bounds = { start: 8, most: 10 };
const pace = firstPace(bounds);
const quiet: Gauges = { kind: "vllm", running: 4, waiting: 0, kvUsage: 0.3, preemptions: 0, kvTokens: null };
const minute = 60_000;

/** Readings half a minute apart. */
const read = (from: Pace, ...gauges: readonly Partial<Gauges>[]): Pace =>
  gauges.reduce<Pace>(
    (state, one, index) =>
      afterReading(state, { ...quiet, ...one }, { now: minute * 10 + index * 31_000, wanted: true }, bounds),
    from,
  );

describe("the limit follows the server's own numbers:", () => {
  test.each<[string, readonly Partial<Gauges>[], number]>([
    ["one reading of calm is chance", [{}], 8],
    ["calm twice: one more", [{}, {}], 9],
    ["never more than is allowed", [{}, {}, {}, {}, {}], 10],
    ["one reading of a long queue is chance", [{ waiting: 5 }], 8],
    ["a long queue twice: seven tenths", [{ waiting: 5 }, { waiting: 5 }], 5.6],
    ["a cache nine tenths full twice: seven tenths", [{ kvUsage: 0.91 }, { kvUsage: 0.91 }], 5.6],
    ["a cache three quarters full: no more, no less", [{ kvUsage: 0.8 }, { kvUsage: 0.8 }, { kvUsage: 0.8 }], 8],
    ["a few that wait are no queue", [{ waiting: 2 }, { waiting: 2 }], 8],
    ["a full cache: half, at once", [{ kvUsage: 0.96 }], 4],
    ["requests thrown out: half, at once", [{ preemptions: 3 }, { preemptions: 4 }], 4],
    ["thrown out before we came: nothing", [{ preemptions: 3 }, { preemptions: 3 }], 9],
    ["llama.cpp lets some wait: what it works on", [{ kind: "llamacpp", running: 3, waiting: 1, kvUsage: null }], 3],
    ["never below one", [{ kvUsage: 1 }, { kvUsage: 1 }, { kvUsage: 1 }, { kvUsage: 1 }, { kvUsage: 1 }], 1],
  ])("%s", (_, gauges, limit) => expect(read(pace, ...gauges).limit).toBeCloseTo(limit));

  test("after a refusal nothing is raised for a minute, and nothing when nobody waits", () => {
    const refused = afterRefusal({ ...pace, calm: 2 }, 0);
    const calm = (now: number, wanted: boolean) =>
      [0, 1].reduce<Pace>((state) => afterReading(state, quiet, { now, wanted }, bounds), refused).limit;
    expect([calm(59_000, true), calm(61_000, true), calm(61_000, false)]).toEqual([4, 5, 4]);
  });
});

test("without numbers, replies that take longer lower the limit in proportion, and usual ones raise it one at a time", () => {
  const reply = (state: Pace, ms: number, now: number): Pace =>
    afterReply(state, ms, { now, wanted: true, blind: true }, bounds);
  let state = reply({ ...pace, limit: 4 }, 100, minute);
  expect(state.limit).toBe(5);
  for (let index = 1; index < 10; index += 1) state = reply(state, 100, minute + index * 1000);
  expect(state.limit).toBe(5);
  for (let index = 0; index < 6; index += 1) state = reply(state, 400, 2 * minute + index * 1000);
  expect(state.limit).toBeLessThan(4);
  expect(state.limit).toBeGreaterThan(1);
});

describe("places are given in the order in which they were asked for, to any process:", () => {
  const few: Bounds = { start: 2, most: 2 };
  /** Plays asks (`a`) and leavings (`-a`); says who holds a place in the end. */
  const play = (...moves: readonly (string | number)[]): string => {
    let body: string | null = null;
    let now = 1_000_000;
    for (const move of moves) {
      if (typeof move === "number") now += move;
      else
        body = move.startsWith("-")
          ? leave(body, move.slice(1), "other", now, few).body
          : ask(body, move, now, few).body;
    }
    return (JSON.parse(body ?? "") as { held: { id: string }[] }).held.map(({ id }) => id).join("");
  };
  test.each([
    ["two fit", ["a", "b", "c"], "ab"],
    ["a place that is given back goes to the first who waits", ["a", "b", "c", "d", "-a", "d", "c"], "bc"],
    ["who asks twice holds one place", ["a", "a", "b"], "ab"],
    ["who waited and died is passed over", ["a", "b", "c", "d", 6_000, "a", "b", "-a", "d"], "bd"],
    ["a place whose process died falls free", ["a", "b", 31_000, "c", "d"], "cd"],
    ["one that is renewed does not", ["a", "b", 20_000, "a", 20_000, "c", "d"], "ac"],
    ["a clock that jumped back frees what lies far ahead", ["a", "b", -3_600_000, "c", "d"], "cd"],
  ])("%s", (_, moves, held) => expect(play(...moves)).toBe(held));

  test("a note that cannot be read is none", () => {
    expect(ask("{", "a", 0, few).result).toMatchObject({ granted: true });
  });
});

test.each([
  ["nothing known", null, null, { start: 4, most: 64 }],
  ["the server's slots", { slots: 5, kvTokens: null }, null, { start: 5, most: 64 }],
  ["what its cache holds, with room to spare", { slots: null, kvTokens: 200_000 }, null, { start: 5, most: 64 }],
  ["the lesser of both", { slots: 256, kvTokens: 100_000 }, null, { start: 2, most: 64 }],
  ["never more than the user says", { slots: 8, kvTokens: null }, 3, { start: 3, most: 3 }],
])("where to begin: %s", (_, known, most, expected) => expect(boundsFor(known, most)).toEqual(expected));

/** Notes in memory: the store's have tests of their own. */
function notes(): Change {
  const bodies = new Map<string, string>();
  return async (key, next) => {
    const { body, result } = next(bodies.get(key) ?? null);
    if (body === null) bodies.delete(key);
    else bodies.set(key, body);
    return result;
  };
}

/** Works on five requests at once, each for a moment; what comes on top waits its turn, as in real servers. */
async function fiveSlots(workMs: number) {
  const seen = { most: 0, now: 0, served: 0 };
  const waiting: (() => void)[] = [];
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === "/metrics") {
      const text = `vllm:num_requests_running ${Math.min(5, seen.now)}\nvllm:num_requests_waiting ${Math.max(0, seen.now - 5)}\n`;
      return void outgoing.end(text);
    }
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    const work = (): void => {
      const done = (): void => {
        seen.now -= 1;
        seen.served += 1;
        outgoing.end(JSON.stringify(chatJson({ text: "done", model: "test-model" })));
        waiting.shift()?.();
      };
      setTimeout(done, workMs);
    };
    if (seen.now > 5) waiting.push(work);
    else work();
    incoming.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` };
}

/** Twelve sessions of some turns, as twelve processes would hold them: each with a connection of its own. */
async function twelve(url: string, turns: number, wrap: (model: ConnectedModel) => ConnectedModel): Promise<string[]> {
  const deadlines = { firstByteMs: 1_000 };
  const failures: string[] = [];
  const session = async (): Promise<void> => {
    const endpoint = endpointAt(url, { selfHosted: true, deadlines });
    const model = wrap(await connectModel(endpoint, systemClock));
    for (let turn = 0; turn < turns; turn += 1) {
      await model.ask(requestOf(), new AbortController().signal).catch((error: unknown) => {
        failures.push(error instanceof ModelError ? error.kind : String(error));
      });
    }
  };
  await Promise.all(Array.from({ length: 12 }, session));
  return failures;
}

describe("twelve sessions against a server of five slots", () => {
  const quick = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / 25, signal) };

  test("time out without places: what waits in the server's queue waits on the clock", async () => {
    const { url } = await fiveSlots(400);
    expect(await twelve(url, 1, (model) => model)).toContain("timeout_headers");
  });

  test("cause no timeout with them: they wait before they are sent", async () => {
    const { url, seen } = await fiveSlots(400);
    const change = notes();
    const capabilities = { slots: 5, kvTokens: null } as ConnectedModel["capabilities"] & object;
    const endpoint = endpointAt(url, { selfHosted: true });
    const wrap = (model: ConnectedModel): ConnectedModel =>
      limited({ ...model, capabilities }, endpoint, { change, clock: quick, most: null });
    expect(await twelve(url, 1, wrap)).toEqual([]);
    expect(seen.served).toBe(12);
    expect(seen.most).toBeLessThanOrEqual(5);
  });
});

describe("a place", () => {
  const model = (ask_: ConnectedModel["ask"]): ConnectedModel => ({
    info: { endpoint: "test", model: "m", wire: "chat", selfHosted: true, label: "test/m", maxOutputTokens: 10 },
    price: () => 0,
    ceiling: () => 0,
    ask: ask_,
  });
  const endpoint = endpointAt("http://127.0.0.1:9/v1", { selfHosted: true });

  test("is given back whatever happens, and a refusal halves the pace", async () => {
    const change = notes();
    const where = { name: "test", baseUrl: "", model: "m" };
    const busy = model(() => Promise.reject(new ModelError("overloaded", "busy", { where })));
    const asking = limited(busy, endpoint, { change, clock: systemClock, most: null });
    await expect(asking.ask(requestOf(), new AbortController().signal)).rejects.toMatchObject({ kind: "overloaded" });
    const { result } = ask(
      await change("places:http://127.0.0.1:9", (body) => ({ body, result: body })),
      "x",
      Date.now(),
      {
        start: 4,
        most: 64,
      },
    );
    expect(result).toMatchObject({ granted: true, held: 1, limit: 2, queued: 0 });
  });

  test("says for the record what the limiter allowed", async () => {
    const answered = model(() => Promise.resolve({ firstByteMs: 1, ms: 1 } as Reply));
    const asking = limited(answered, endpoint, { change: notes(), clock: systemClock, most: 3 });
    const { places, queuedMs } = await asking.ask(requestOf(), new AbortController().signal);
    expect(places).toEqual({ limit: 3, held: 1, queued: 0 });
    expect(queuedMs).toBeLessThan(1_000);
  });

  test("is not waited for when the run is stopped", async () => {
    const change = notes();
    const stop = new AbortController();
    const never = limited(
      model(() => new Promise(() => {})),
      endpoint,
      { change, clock: systemClock, most: 1 },
    );
    void never.ask(requestOf(), stop.signal).catch(() => undefined);
    const told: string[] = [];
    const second = never.ask(requestOf(), stop.signal, ({ text }) => {
      told.push(text);
      stop.abort(new Error("stop"));
    });
    await expect(second).rejects.toThrow("stop");
    expect(told).toEqual(["a place at test: 1 of 1 are taken, 1 wait"]);
  });

  test("is not asked for in the cloud", () => {
    const cloud = model(() => Promise.reject(new Error("unused")));
    expect(
      limited(cloud, endpointAt("https://api.openai.com/v1"), { change: notes(), clock: systemClock, most: null }),
    ).toBe(cloud);
  });
});
