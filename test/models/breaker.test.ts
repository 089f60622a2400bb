import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { admit, type Result, settle } from "../../src/models/breaker.ts";
import { connectModel } from "../../src/models/connect.ts";
import { guarded } from "../../src/models/guarded.ts";
import { ModelError, type ModelErrorKind } from "../../src/models/model-error.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { startModelServer } from "../support/model-server.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { endpointAt, failureOf, requestOf } from "./desk.ts";

/** A breaker whose time is told. */
function breaker() {
  let note: string | null = null;
  let now = 1_000_000;
  return {
    note: () => note,
    pass: (ms: number) => void (now += ms),
    until(): number | null {
      const { body, result } = admit(note, now);
      note = body;
      return result.until === null ? null : result.until - now;
    },
    tell(...results: Result[]): void {
      for (const result of results) note = settle(note, now, result).body;
    },
  };
}
const times = (count: number, result: Result): Result[] => Array.from({ length: count }, () => result);

describe("a breaker", () => {
  test("opens after five requests of which half or more failed, for fifteen seconds", () => {
    const one = breaker();
    one.tell(...times(4, "fault"));
    expect(one.until()).toBeNull();
    one.tell("fault");
    expect(one.until()).toBe(15_000);
    const mixed = breaker();
    mixed.tell("fault", "answer", "answer", "answer", "fault");
    expect(mixed.until()).toBeNull();
    mixed.tell("fault");
    expect(mixed.until()).toBe(15_000);
  });

  test("forgets what is older than half a minute", () => {
    const one = breaker();
    one.tell(...times(4, "fault"));
    one.pass(31_000);
    one.tell("fault");
    expect(one.until()).toBeNull();
  });

  test("lets one try when its time is up, and stays open twice as long when that fails, two minutes at most", () => {
    const one = breaker();
    one.tell(...times(5, "fault"));
    const waits: (number | null)[] = [];
    for (let trial = 0; trial < 5; trial += 1) {
      one.pass(one.until() ?? 0);
      expect(one.until()).toBeNull();
      expect(one.until()).toBe(60_000);
      one.tell("fault");
      waits.push(one.until());
    }
    expect(waits).toEqual([30_000, 60_000, 120_000, 120_000, 120_000]);
  });

  test("closes when the one that tries gets an answer, and leaves no note", () => {
    const one = breaker();
    one.tell(...times(5, "fault"));
    one.pass(15_000);
    one.until();
    one.tell("answer");
    expect([one.until(), one.note()]).toEqual([null, null]);
  });

  test("gives the trial to another when the first ends without a result, or never ends", () => {
    const one = breaker();
    one.tell(...times(5, "fault"));
    one.pass(15_000);
    one.until();
    one.tell("neither");
    expect(one.until()).toBeNull();
    expect(one.until()).toBe(60_000);
    one.pass(60_001);
    expect(one.until()).toBeNull();
  });

  test("is not moved by answers that were asked for before it opened", () => {
    const one = breaker();
    one.tell(...times(5, "fault"), "answer", "fault");
    expect(one.until()).toBe(15_000);
  });

  test("writes nothing while all is well, and takes a note that nobody can read for none", () => {
    expect(settle(null, 1, "answer").body).toBeNull();
    expect(settle(null, 1, "neither").body).toBeNull();
    expect(admit("{", 1)).toEqual({ body: "{", result: { until: null } });
  });

  test("does not believe a time that only a wrong clock can have set", () => {
    const one = breaker();
    one.tell(...times(5, "fault"));
    one.pass(-86_400_000);
    expect(one.until()).toBeNull();
  });
});

test.each<[ModelErrorKind, boolean]>([
  ["server", true],
  ["unreachable", true],
  ["timeout_connect", true],
  ["timeout_headers", true],
  ["timeout_idle", true],
  ["timeout_total", true],
  ["stream_truncated", true],
  ["stream_malformed", true],
  ["rate", false],
  ["overloaded", false],
  ["auth", false],
  ["quota", false],
  ["context_overflow", false],
  ["tool_parse_server", false],
  ["circuit_open", false],
  ["aborted", false],
])("%s is a fault: %s", (kind, fault) => {
  const where = { name: "x", baseUrl: "", model: "m" };
  expect(new ModelError(kind, "", { where }).isFault).toBe(fault);
});

test("what one process learns holds for all: after five faults nobody asks, until one has tried", async () => {
  let broken = true;
  const { url, requests, close } = await startModelServer(() =>
    broken ? { fault: "status", status: 500, body: "" } : { text: "back" },
  );
  onTestFinished(close);
  let now = 1_000_000;
  const clock = { now: () => now };
  const file = join(temporaryDirectory(), "ledger.sqlite");
  // Two connections to one file are two processes as far as SQLite is concerned.
  const stores = await Promise.all([openSqlite(file), openSqlite(file)]);
  onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
  const [one, other] = await Promise.all(
    stores.map(async (store) => {
      const model = await connectModel(endpointAt(url), {
        ...clock,
        sleep: () => Promise.resolve(),
        random: () => 0,
        newId: () => "",
      });
      const { ask } = guarded(model, (key, next) => store.change(key, next), clock);
      return () => ask(requestOf(), new AbortController().signal);
    }),
  );
  if (!one || !other) throw new Error("no models");
  for (const ask of [one, other, one, other, one]) expect((await failureOf(ask())).kind).toBe("server");
  const refused = await failureOf(other());
  expect(refused).toMatchObject({ kind: "circuit_open", afterMs: 15_000, usage: null, outcome: "model-unavailable" });
  expect(refused.message).toBe(
    "test failed several requests for test-model just now: nothing is sent there until 00:16:55 UTC",
  );
  expect(requests).toHaveLength(5);
  broken = false;
  now += 15_000;
  const [first, second] = await Promise.allSettled([one(), other()]);
  expect([first.status, second.status].toSorted()).toEqual(["fulfilled", "rejected"]);
  expect((await one()).message.text).toBe("back");
});
