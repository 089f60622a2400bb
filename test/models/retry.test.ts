import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Model, Reply } from "../../src/models/model.ts";
import { ModelError, type ModelErrorDetails, type ModelErrorKind } from "../../src/models/model-error.ts";
import { withRetry, type Wait } from "../../src/models/retry.ts";
import { failureOf, requestOf } from "./desk.ts";

const where = { name: "test", baseUrl: "http://127.0.0.1:1/v1", model: "m", keyName: "TEST_API_KEY" };
const failure = (kind: ModelErrorKind, details: Partial<ModelErrorDetails> = {}) =>
  new ModelError(kind, `it failed: ${kind}`, { where, ...details });
const reply = { stop: "end" } as Reply;

/** A clock that moves only by waiting, a model that fails as told, and what happened. */
function bench(
  failures: readonly ModelError[],
  options: { deadline?: number; chance?: number; outageMs?: number } = {},
) {
  let now = 1_000_000;
  let asked = 0;
  const slept: number[] = [];
  const waits: Wait[] = [];
  const requests: unknown[] = [];
  const model: Model = async (request) => {
    requests.push(request);
    const error = failures[asked];
    asked += 1;
    if (error !== undefined) throw error;
    return reply;
  };
  const patient = withRetry(model, {
    clock: { now: () => now },
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    random: () => options.chance ?? 0.5,
    onWait: (wait) => void waits.push(wait),
    deadline: options.deadline ?? Infinity,
    outageMs: options.outageMs ?? null,
  });
  const ask = () => patient(requestOf(), new AbortController().signal);
  return { ask, slept, waits, requests };
}

const repeat = (kind: ModelErrorKind, times: number) => Array.from({ length: times }, () => failure(kind));

test.each<[ModelErrorKind, number]>([
  ["rate", 8],
  ["overloaded", 8],
  ["server", 3],
  ["unreachable", 2],
  ["timeout_connect", 2],
  ["timeout_headers", 2],
  ["timeout_idle", 2],
  ["timeout_total", 2],
  ["stream_truncated", 2],
  ["stream_malformed", 2],
  ["tool_parse_server", 1],
  ["circuit_open", 20],
  ["tier_full", 16],
  ...(
    [
      "auth",
      "quota",
      "untrusted",
      "too_large",
      "not_an_api",
      "redirected",
      "wrong_model",
      "context_overflow",
      "bad_history",
      "unsupported_param",
      "bad_request",
      "content_policy",
      "script_exhausted",
      "aborted",
    ] as const
  ).map((kind): [ModelErrorKind, number] => [kind, 0]),
])("%s is repeated %i times, then it is final", async (kind, times) => {
  const enough = bench(repeat(kind, times));
  expect(await enough.ask()).toBe(reply);
  expect(enough.slept).toHaveLength(times);
  const tooMuch = bench(repeat(kind, times + 1));
  const error = await failureOf(tooMuch.ask());
  expect(error.kind).toBe(kind);
  expect(error.hint.length).toBeGreaterThan(10);
  expect(tooMuch.slept).toHaveLength(times);
});

test("waits grow, are spread by chance, and stay below a minute", async () => {
  const waitsOf = async (kind: ModelErrorKind, chance: number) => {
    const { ask, slept } = bench(repeat(kind, failure(kind).retries), { chance });
    await ask();
    return slept;
  };
  expect(await waitsOf("rate", 1)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  expect(await waitsOf("rate", 0.25)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect(await waitsOf("server", 1)).toEqual([1_000, 4_000, 16_000]);
  expect((await waitsOf("overloaded", 0)).every((ms) => ms === 5_000)).toBe(true);
});

test("the server's own wish to wait is honoured, however long", async () => {
  const { ask, slept, waits } = bench([failure("rate", { afterMs: 600_000 })]);
  await ask();
  expect(slept).toEqual([600_000]);
  expect(waits).toMatchObject([{ attempt: 1, until: 1_600_000, error: { kind: "rate" } }]);
});

test("no wait goes past the run's deadline: the failure is final at once", async () => {
  const { ask, slept, waits } = bench([failure("rate", { afterMs: 600_000 })], { deadline: 1_500_000 });
  const error = await failureOf(ask());
  expect(error).toMatchObject({ kind: "rate", outcome: "model-unavailable", afterMs: 600_000 });
  expect(error.hint).toBe(
    "it wants to be left alone until 1970-01-01 00:26 UTC, which is past the end of this run; then: claw resume <run>",
  );
  expect([slept, waits]).toEqual([[], []]);
});

test("a server that says that asking again is no use is not asked again", async () => {
  const { ask, slept } = bench([failure("server", { final: true })]);
  expect((await failureOf(ask())).kind).toBe("server");
  expect(slept).toEqual([]);
});

test("each kind of failure has its own count, and every repetition asks the same", async () => {
  const { ask, requests } = bench([...repeat("server", 3), ...repeat("stream_truncated", 2)]);
  await ask();
  expect(requests).toHaveLength(6);
  expect(new Set(requests).size).toBe(1);
});

test("what is no ModelError is not repeated", async () => {
  const model: Model = () => Promise.reject(new TypeError("a bug"));
  const patient = withRetry(model, {
    clock: { now: () => 0 },
    sleep: () => Promise.resolve(),
    random: () => 0,
    onWait: () => expect.unreachable(),
    deadline: Infinity,
  });
  await expect(patient(requestOf(), new AbortController().signal)).rejects.toThrow(TypeError);
});

test("a cancelled wait ends the request", async () => {
  const cancel = new AbortController();
  const patient = withRetry(() => Promise.reject(failure("rate", { afterMs: 600_000 })), {
    ...systemClock,
    clock: systemClock,
    onWait: () => cancel.abort(),
    deadline: Infinity,
  });
  await expect(patient(requestOf(), cancel.signal)).rejects.toMatchObject({ name: "AbortError" });
});

test("hints name what a person can change", () => {
  expect(failure("auth").hint).toContain("TEST_API_KEY");
  expect(failure("unreachable").hint).toContain("http://127.0.0.1:1/v1");
  expect(failure("bad_request").hint).toContain("model name m");
});

test("where there is another model, a server that does not work is waited for only so long; a limit is waited out", async () => {
  const open = Array.from({ length: 20 }, () => failure("circuit_open", { afterMs: 15_000 }));
  const lost = bench([failure("server"), ...open], { outageMs: 30_000 });
  expect((await failureOf(lost.ask())).kind).toBe("circuit_open");
  expect(lost.slept).toEqual([500, 15_000]);
  const limited = bench([failure("rate", { afterMs: 90_000 })], { outageMs: 30_000 });
  expect(await limited.ask()).toBe(reply);
});
