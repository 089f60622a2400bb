import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import {
  applyToSpend,
  committed,
  exceeded,
  foldSpend,
  nearlySpent,
  nothingSpent,
  type RunLimits,
  shownCost,
  type Spend,
} from "../../src/views/spend.ts";
import { failed, recorded, replied, requested } from "../support/facts.ts";

const spent = (...facts: Event[]): Spend => foldSpend(recorded(facts));

test("a reply settles its reservation at what it cost", () => {
  const asked = spent(requested(100));
  expect(committed(asked)).toBe(100);
  const answered = spent(requested(100), replied());
  expect(committed(answered)).toBe(5);
  expect(answered).toMatchObject({ turns: 1, inputTokens: 100, cachedTokens: 10, outputTokens: 20, unpriced: false });
});

describe("a reservation", () => {
  test.each([
    ["stands while there is no answer", [requested(100)], 100],
    ["of a request that a crash cut off is spent", [requested(100), requested(100), replied()], 105],
    ["of a failure that may be billed is spent", [requested(100), failed(true), requested(100), replied()], 105],
    ["of a failure that cost nothing is free again", [requested(100), failed(false), requested(100), replied()], 5],
    [
      "of one session is nothing to another",
      [requested(100, "a"), requested(50, "b"), replied([], { session: "b" })],
      105,
    ],
  ])("%s", (_, facts, nano) => {
    expect(committed(spent(...facts))).toBe(nano);
  });
});

describe("the cost is shown as unknown when any part of it is:", () => {
  test.each([
    ["nothing was used", [], 0],
    ["all was priced", [requested(9), replied()], 5],
    ["one reply had no price", [requested(9), replied(), requested(null), replied([], { cost: null })], null],
    ["a request without a price was cut off", [requested(null), requested(9), replied()], null],
    ["a failure without a price may be billed", [requested(null), failed(true)], null],
    ["a failure without a price cost nothing", [requested(null), failed(false)], 0],
  ])("%s", (_, facts, cost) => {
    expect(shownCost(spent(...facts))).toBe(cost);
  });
});

const limits: RunLimits = { usdNano: 1e9, turns: 3, tokens: 1000, wallMs: 1, attempts: 1 };
const next = { nano: 1e8, inputTokens: 100 };

test.each([
  ["nothing yet", {}, {}, null],
  ["the last turn that fits", { turns: 2 }, {}, null],
  ["turns", { turns: 3 }, {}, "3 turns used"],
  ["tokens that just fit", { inputTokens: 800, outputTokens: 100 }, {}, null],
  ["tokens", { inputTokens: 801, outputTokens: 100 }, {}, "901 of 1000 tokens used; the next request does not fit"],
  ["money that just fits", { settled: 9e8 }, {}, null],
  ["money", { settled: 9.01e8 }, {}, "$0.9010 of $1.0000 spent; the next request may cost up to $0.1000"],
  [
    "money that others have reserved",
    { settled: 5e8, reserved: { other: 4.01e8 } },
    {},
    "$0.9010 of $1.0000 spent; the next request may cost up to $0.1000",
  ],
  ["no limit in money", { settled: 1e12 }, { usdNano: null }, null],
])("a limit in the way of the next request: %s", (_, changes, other, words) => {
  expect(exceeded({ ...nothingSpent, ...changes }, { ...limits, ...other }, next)?.detail ?? null).toBe(words);
});

test.each([
  [{}, false],
  [{ turns: 2 }, false],
  [{ turns: 3 }, true],
  [{ inputTokens: 840, outputTokens: 9 }, false],
  [{ inputTokens: 840, outputTokens: 10 }, true],
  [{ settled: 8e8, reserved: { patch: 5e7 } }, true],
])("with %o used, little is left: %s", (changes, nearly) => {
  expect(nearlySpent({ ...nothingSpent, ...changes }, limits)).toBe(nearly);
});

const anyFact = fc.oneof(
  fc.tuple(fc.option(fc.nat(1000)), fc.constantFrom("a", "b")).map(([nano, session]) => requested(nano, session)),
  fc.tuple(fc.boolean(), fc.constantFrom("a", "b")).map(([billable, session]) => failed(billable, session)),
  fc.tuple(fc.option(fc.nat(1000)), fc.constantFrom("a", "b")).map(([cost, session]) => replied([], { cost, session })),
);

test("the fold is the same however the facts come in, and nothing spent is ever given back", () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 30 }), fc.nat(30), (facts, cut) => {
      const events = recorded(facts);
      const first = foldSpend(events.slice(0, cut));
      expect(events.slice(cut).reduce(applyToSpend, first)).toEqual(foldSpend(events));
      expect(foldSpend(events).settled).toBeGreaterThanOrEqual(first.settled);
      expect(foldSpend(events).unpriced || !first.unpriced).toBe(true);
    }),
  );
});
