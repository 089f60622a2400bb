import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { applyToRun, foldRun, latest, newRun, ofType } from "../../src/views/run.ts";
import { memoryLedger, recordProvenFix } from "../support/recorded-fix.ts";
import { recorded } from "../support/facts.ts";

const at = (seconds: number, fact: Event) => ({ ...fact, at: seconds * 1000 });
const end = { reason: "", hint: "" };
const paused: Event = { type: "run.paused", outcome: "interrupted", ...end };
const resumed: Event = { type: "run.resumed", host: "here" };
const begins = (stage: string): Event => ({ type: "stage.started", stage });
const ends = (stage: string, output: string): Event => ({ type: "stage.finished", stage, output });

test("a whole run: its stages in order, how it ended, and how long was worked on it", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "run1");
  const { events } = await ledger.read("run1");
  const run = foldRun(events);
  expect(run).toMatchObject({ status: "ended", started: { workflow: "fix" }, end: { outcome: "proven" } });
  expect(run.stages.map(({ name }) => name)).toEqual([
    "intake",
    "workspace",
    "baseline",
    "reproduce",
    "patch",
    "prove",
    "gates",
    "publish",
  ]);
  expect(run.stages.every(({ finishedAt }) => finishedAt !== null)).toBe(true);
  expect(run.activeMs).toBe((events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0));
});

test("pauses, and the time a crash left, are not work", () => {
  const facts = [
    at(10, begins("a")),
    at(15, paused),
    at(100, resumed),
    at(103, begins("b")),
    // The process dies here and is resumed much later.
    at(500, resumed),
    at(501, ends("b", "x")),
  ];
  expect(foldRun(recorded(facts)).activeMs).toBe(5000 + 3000 + 1000);
});

test("what people do to a paused run is no work on it", () => {
  const approved: Event = { type: "approval.given", by: "ada", diff: "0".repeat(64), expires: 0 };
  const facts = [at(10, begins("a")), at(15, paused), at(100, approved), at(200, resumed), at(201, begins("b"))];
  expect(foldRun(recorded(facts))).toMatchObject({ activeMs: 6000, status: "running" });
});

test("a stage that is started again after a crash keeps its first beginning; a finished one keeps its output", () => {
  const facts = [at(1, begins("a")), at(2, resumed), at(3, begins("a")), at(4, ends("a", "done")), at(5, begins("b"))];
  expect(foldRun(recorded(facts)).stages).toEqual([
    { name: "a", startedAt: 1000, finishedAt: 4000, output: "done" },
    { name: "b", startedAt: 5000, finishedAt: null, output: null },
  ]);
});

test("a pause shows its reason until the run goes on", () => {
  expect(foldRun(recorded([begins("a"), paused]))).toMatchObject({ status: "paused", end: { outcome: "interrupted" } });
  expect(foldRun(recorded([begins("a"), paused, resumed]))).toMatchObject({ status: "running", end: null });
});

test("latest and ofType find facts by their type", () => {
  const events = recorded([begins("a"), paused, begins("b")]);
  expect(latest(events, "stage.started")?.stage).toBe("b");
  expect(ofType(events, "stage.started").map(({ stage }) => stage)).toEqual(["a", "b"]);
  expect(latest(events, "run.ended")).toBeUndefined();
});

test("the fold is the same however the facts come in, and time only grows", () => {
  const fact = fc.constantFrom(begins("a"), begins("b"), ends("a", "x"), paused, resumed);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100), fact), { maxLength: 20 }), fc.nat(20), (steps, cut) => {
      let now = 1;
      const events = recorded(steps.map(([seconds, one]) => at((now += seconds), one)));
      const first = foldRun(events.slice(0, cut));
      expect(events.slice(cut).reduce(applyToRun, first)).toEqual(foldRun(events));
      expect(foldRun(events).activeMs).toBeGreaterThanOrEqual(first.activeMs);
      expect(foldRun([])).toEqual(newRun);
    }),
  );
});
