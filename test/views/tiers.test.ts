import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { type Attempt, attemptsOf, lastModel, orderTiers, tierNow } from "../../src/views/tiers.ts";
import { recorded, replied, requested, started } from "../support/facts.ts";

const tried = (model: string, solved: number, failed: number, nano: number): Attempt[] =>
  Array.from({ length: solved + failed }, (_, index) => ({ model, solved: index < solved, nano }));
const order = (attempts: readonly Attempt[]) => orderTiers(["weak", "strong"], attempts).map(({ model }) => model);

test("models are tried as the user lists them until enough is known to pass one over", () => {
  expect(order([])).toEqual(["weak", "strong"]);
  // 10 ÷ 3/24 = 80 for each solved issue, against 20 ÷ 23/25: too few attempts count for nothing.
  expect(order([...tried("weak", 0, 19, 10), ...tried("strong", 20, 0, 20)])).toEqual(["weak", "strong"]);
  expect(order([...tried("weak", 0, 20, 10), ...tried("strong", 20, 0, 20)])).toEqual(["strong", "weak"]);
  expect(order([...tried("weak", 20, 0, 10), ...tried("strong", 20, 0, 20)])).toEqual(["weak", "strong"]);
});

const moved: Event = {
  type: "tier.moved",
  stage: "patch",
  from: "test/m",
  to: "strong",
  because: "",
  handover: "0".repeat(64),
};
const ended = (outcome: "proven" | "unproven" | "over-budget"): Event => ({
  type: "run.ended",
  outcome,
  reason: "",
  hint: "",
});

test("a run says of each model it was tried with whether the proof held; one stopped by its budget says nothing", () => {
  const asked = [started, requested(9), replied([], { cost: 7 })];
  expect(attemptsOf(recorded([...asked, ended("proven")]))).toEqual([{ model: "test/m", solved: true, nano: 7 }]);
  expect(attemptsOf(recorded([...asked, moved, ended("proven")]))).toEqual([
    { model: "test/m", solved: false, nano: null },
    { model: "strong", solved: true, nano: null },
  ]);
  expect(attemptsOf(recorded([...asked, ended("over-budget")]))).toEqual([]);
});

test("the record says who works now and who would come next", () => {
  const tier = (model: string) => ({ model, runs: 0, solved: 0, chance: 0.6, cost: null, score: null });
  const ordered: Event = { type: "tiers.ordered", tiers: [tier("test/m"), tier("strong")] };
  expect(tierNow(recorded([started]))).toEqual({ moves: 0, current: null, next: null });
  expect(tierNow(recorded([started, ordered]))).toEqual({ moves: 0, current: null, next: "strong" });
  expect(tierNow(recorded([started, ordered, moved]))).toEqual({ moves: 1, current: "strong", next: null });
  expect([lastModel(recorded([])), lastModel(recorded([started]))]).toEqual([undefined, "test/m"]);
  expect(lastModel(recorded([started, ordered, moved]))).toBe("strong");
});
