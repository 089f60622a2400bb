import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { kindOfTask } from "../../src/views/task-kind.ts";
import { type Attempt, attemptsOf, chanceOf, lastModel, orderTiers, tierNow } from "../../src/views/tiers.ts";
import { recorded, replied, requested, started } from "../support/facts.ts";

const place = { repository: "/repository", kind: "bug" } as const;
const tried = (model: string, solved: number, failed: number, nano: number): Attempt[] =>
  Array.from({ length: solved + failed }, (_, index) => ({ ...place, model, solved: index < solved, nano }));
const order = (attempts: readonly Attempt[]) => orderTiers(["weak", "strong"], attempts).map(({ model }) => model);

test("models are tried as the user lists them until enough is known to pass one over", () => {
  expect(order([])).toEqual(["weak", "strong"]);
  // 10 ÷ 3/24 = 80 for each solved issue, against 20 ÷ 23/25: too few attempts count for nothing.
  expect(order([...tried("weak", 0, 19, 10), ...tried("strong", 20, 0, 20)])).toEqual(["weak", "strong"]);
  expect(order([...tried("weak", 0, 20, 10), ...tried("strong", 20, 0, 20)])).toEqual(["strong", "weak"]);
  expect(order([...tried("weak", 20, 0, 10), ...tried("strong", 20, 0, 20)])).toEqual(["weak", "strong"]);
});

test("the chance of a model is what this kind of work here says, shrunk towards the repository, the installation and the prior", () => {
  const at = (repository: string, kind: "bug" | "docs", solved: number, failed: number): Attempt[] =>
    tried("weak", solved, failed, 10).map((attempt) => ({ ...attempt, repository, kind }));
  const attempts = [...at("/a", "bug", 0, 10), ...at("/a", "docs", 10, 0), ...at("/b", "bug", 20, 0)];
  const chance = (repository: string, kind: "bug" | "docs") =>
    chanceOf("weak", attempts, { repository, kind }).toFixed(3);
  const elsewhere = (3 + 20) / 25;
  expect(chanceOf("weak", attempts).toFixed(3)).toBe(((3 + 30) / 45).toFixed(3));
  expect(chance("/a", "bug")).toBe(((5 * ((5 * elsewhere + 10) / 15)) / 15).toFixed(3));
  expect(chance("/a", "docs")).toBe(((5 * ((5 * elsewhere) / 15) + 10) / 15).toFixed(3));
  expect(chance("/elsewhere", "bug")).toBe(((3 + 30) / 45).toFixed(3));
  // One run is counted once.
  expect(chanceOf("weak", at("/a", "bug", 1, 0), { repository: "/a", kind: "bug" })).toBeCloseTo(4 / 6);
  expect(chanceOf("never tried", attempts, { repository: "/a", kind: "bug" })).toBeCloseTo(0.6);
});

test.each([
  ["slugify() drops accents instead of keeping them", "bug"],
  ["Support for Python 3.14 fails to install", "bug"],
  ["Add a --quiet option", "feature"],
  ["feat(cli): allow several files", "feature"],
  ["Bump lodash from 4.17.20 to 4.17.21", "deps"],
  ["update react to v19", "deps"],
  ["Typo in README", "docs"],
  ["untitled", "bug"],
] as const)("the kind of a task by its title: %s", (title, kind) => {
  expect(kindOfTask(title)).toBe(kind);
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
  expect(attemptsOf(recorded([...asked, ended("proven")]))).toEqual([
    { ...place, model: "test/m", solved: true, nano: 7 },
  ]);
  expect(attemptsOf(recorded([...asked, moved, ended("proven")]))).toEqual([
    { ...place, model: "test/m", solved: false, nano: null },
    { ...place, model: "strong", solved: true, nano: null },
  ]);
  expect(attemptsOf(recorded([...asked, ended("over-budget")]))).toEqual([]);
  // A server that was lost says nothing about its model.
  expect(attemptsOf(recorded([...asked, { ...moved, lost: true }, ended("proven")]))).toEqual([
    { ...place, model: "strong", solved: true, nano: null },
  ]);
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
