import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import type { Change } from "../../../src/models/limit/limited.ts";
import { giveBack, take } from "../../../src/models/limit/rate.ts";
import { rated } from "../../../src/models/limit/rated.ts";
import type { ConnectedModel } from "../../../src/models/model.ts";
import { openSqlite } from "../../../src/store/sqlite.ts";
import { requestOf } from "../desk.ts";

const share = (tokens = 0) => ({ requests: 1, tokens });

test("a minute's requests go at once, the next ones as the bucket fills, in the order in which they came", () => {
  const rates = { requests: 2, tokens: null };
  const waits: number[] = [];
  let body: string | null = null;
  for (const now of [0, 0, 0, 0, 10_000]) {
    const taken = take(body, now, rates, share());
    waits.push(taken.result);
    ({ body } = taken);
  }
  expect(waits).toEqual([0, 0, 30_000, 60_000, 80_000]);
  ({ body } = giveBack(body, 10_000, rates, share()));
  expect(take(body, 10_000, rates, share()).result).toBe(80_000);
});

test("what is more than a minute's tokens goes when the bucket is full, and those after it wait for it", () => {
  const rates = { requests: null, tokens: 100 };
  const first = take(null, 0, rates, share(250));
  expect(first.result).toBe(0);
  expect(take(first.body, 0, rates, share(10)).result).toBe(96_000);
});

test("in no stretch of time more is sent than flows in, and a full bucket", () => {
  const came = fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 20_000 }), tokens: fc.integer({ min: 1, max: 60 }) }),
  );
  fc.assert(
    fc.property(came, (all) => {
      const rates = { requests: null, tokens: 60 };
      let [body, now] = [null as string | null, 0];
      const sent = all.map(({ after, tokens }) => {
        now += after;
        const taken = take(body, now, rates, share(tokens));
        ({ body } = taken);
        return { at: now + taken.result, tokens };
      });
      for (const [from, { at: begin }] of sent.entries())
        for (const [to, { at }] of sent.entries()) {
          if (to < from) continue;
          const total = sent.slice(from, to + 1).reduce((sum, one) => sum + one.tokens, 0);
          expect(total).toBeLessThanOrEqual(60 + ((at - begin) * 60) / 60_000 + 0.01);
        }
    }),
  );
});

test("two processes keep one rate together, and what a request used beyond its estimate is paid by the next one", async () => {
  const store = await openSqlite(":memory:");
  const change: Change = (key, next) => store.change(key, next);
  const sent: number[] = [];
  let now = 0;
  const clock = { ...systemClock, now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms)) };
  const usage = { inputUncached: 9_000, inputCacheRead: 0, inputCacheWrite: 0, outputVisible: 0, outputReasoning: 0 };
  const ask = (): Promise<unknown> => Promise.resolve(sent.push(now)).then(() => ({ usage }));
  const process = (): ConnectedModel =>
    rated(
      { ask } as unknown as ConnectedModel,
      { name: "work" },
      {
        change,
        clock,
        rates: { requests: 100, tokens: 6_000 },
      },
    );
  const [one, two] = [process(), process()];
  const signal = new AbortController().signal;
  const first = await one.ask(requestOf(), signal);
  const second = await two.ask(requestOf(), signal);
  expect(sent[0]).toBe(0);
  expect(first.queuedMs).toBeUndefined();
  // 3,000 tokens too many, and the estimate of the next, at 100 a second.
  expect(sent[1]).toBeGreaterThan(30_000);
  expect(second.queuedMs).toBe(sent[1]);
  const stopped = new AbortController();
  stopped.abort(new Error("enough"));
  const waiting = rated(
    { ask } as unknown as ConnectedModel,
    { name: "work" },
    {
      change,
      clock: { ...clock, sleep: () => Promise.reject(new Error("enough")) },
      rates: { requests: 100, tokens: 6_000 },
    },
  );
  const before = await store.change("rate:work", (body) => ({ body, result: body }));
  await expect(waiting.ask(requestOf(), stopped.signal)).rejects.toThrow("enough");
  expect(await store.change("rate:work", (body) => ({ body, result: body }))).toBe(before);
  await store.close();
});
