import { expect, test } from "vitest";
import type { Event, EventOf } from "../../src/ledger/events.ts";
import { whatIf } from "../../src/views/what-if.ts";
import { recorded, replied, started } from "../support/facts.ts";

const reply = (cost: number | null, servedTier: string | null, servedModel = "gpt-5.6-terra"): Event => ({
  ...replied([], { cost }),
  servedTier,
  servedModel,
});
const pricedBy = (terms: NonNullable<EventOf<"run.started">["prices"]>["terms"]): Event => ({
  ...started,
  prices: { lock: "0".repeat(64), terms },
});

test.each([
  ["the default tier", [reply(100, "default"), reply(50, null)], { default: 150, flex: 75, fast: 300 }],
  ["flex", [reply(50, "flex")], { default: 100, flex: 50, fast: 200 }],
  ["a mixed run", [reply(50, "flex"), reply(200, "priority")], { default: 200, flex: 100, fast: 400 }],
  ["a dated name", [reply(10, null, "gpt-5.5-2026-04-01")], { default: 10, flex: 5, fast: 25 }],
  ["a model without a fast tier", [reply(10, null, "gpt-4o-mini")], { default: 10, flex: 5, fast: null }],
])("%s: the same run at other tiers", (_, facts, expected) => {
  expect(whatIf(recorded(facts))).toEqual(expected);
});

test.each([
  ["nothing was paid", [reply(0, null)]],
  ["a part has no price", [reply(10, null), reply(null, "scale")]],
  ["nothing was asked", []],
  ["no other tier is sold", [reply(10, null, "claude-opus-5")]],
  ["it ran on one's own server", [pricedBy({ kind: "hourly", usd: 2, shared: 1 }), reply(10, null)]],
])("where %s there is no such line", (_, facts) => {
  expect(whatIf(recorded(facts))).toBeNull();
});
