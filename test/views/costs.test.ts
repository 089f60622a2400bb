import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { costsOf, groupCosts, type RunCosts, totalCosts } from "../../src/views/costs.ts";
import { committed, foldSpend } from "../../src/views/spend.ts";
import { failed, recorded, replied, requested, started } from "../support/facts.ts";

const ended = (outcome: "proven" | "unproven"): Event => ({ type: "run.ended", outcome, reason: "", hint: "" });
const day = Date.UTC(2026, 10, 21);

/** A fix that paid so much on one day, and as much again on the next. */
const fix = (repository: string, nano: number | null, outcome: "proven" | "unproven"): RunCosts =>
  costsOf(
    recorded([
      { ...started, repository, at: day },
      { ...requested(nano), at: day },
      { ...replied([], { cost: nano }), at: day },
      { ...requested(nano), at: day + 86_400_000 },
      { ...replied([], { cost: nano }), servedModel: "n", at: day + 86_400_000 },
      { ...ended(outcome), at: day + 86_400_000 },
    ]),
  );

test("spend is put together by day, repository, model and outcome", () => {
  const runs = [fix("/a", 5, "proven"), fix("/b", 20, "unproven")];
  const named = (by: Parameters<typeof groupCosts>[1]) =>
    groupCosts(runs, by).map(({ name, nano, runs: count }) => [name, nano, count]);
  expect(named("day")).toEqual([
    ["2026-11-21", 25, 2],
    ["2026-11-22", 25, 2],
  ]);
  expect(named("repository")).toEqual([
    ["/b", 40, 1],
    ["/a", 10, 1],
  ]);
  expect(named("model")).toEqual([
    ["m", 25, 2],
    ["n", 25, 2],
  ]);
  expect(named("outcome")).toEqual([
    ["unproven", 40, 1],
    ["proven", 10, 1],
  ]);
});

test("a proven fix costs what all fixes cost, failed ones included", () => {
  const runs = [fix("/a", 5, "proven"), fix("/b", 20, "unproven"), fix("/c", 5, "proven")];
  expect(totalCosts(runs)).toMatchObject({ runs: 3, fixes: 3, proven: 2, nano: 60, nanoPerProven: 30 });
  expect(totalCosts([fix("/a", 5, "unproven")]).nanoPerProven).toBeNull();
  expect(totalCosts([fix("/a", 5, "proven"), fix("/a", null, "proven")])).toMatchObject({
    nano: 10,
    unpriced: true,
    nanoPerProven: null,
  });
});

const anyFact = fc.oneof(
  fc.tuple(fc.nat(1000), fc.constantFrom("a", "b")).map(([nano, session]) => requested(nano, session)),
  fc.tuple(fc.boolean(), fc.constantFrom("a", "b")).map(([billable, session]) => failed(billable, session)),
  fc.tuple(fc.nat(1000), fc.constantFrom("a", "b")).map(([cost, session]) => replied([], { cost, session })),
);

test("the charges of a run add up to what it spent, to the nano-dollar, whatever happened to it", () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 30 }), (facts) => {
      const events = recorded([started, ...facts]);
      expect(totalCosts([costsOf(events)]).nano).toBe(committed(foldSpend(events)));
    }),
  );
});
