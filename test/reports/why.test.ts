import { expect, test } from "vitest";
import { whyOf } from "../../src/reports/why.ts";
import { foldStages } from "../../src/views/stages.ts";
import type { Event } from "../../src/ledger/events.ts";
import { type } from "../support/cli-desk.ts";
import { recorded, replied } from "../support/facts.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

test("why a fix is proven: what was seen, in order, each claim with its events, and nothing else", async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa");
  const { facts, claims } = whyOf((await ledger.read("aaa")).events);
  expect(facts.map(({ event }) => event)).toEqual(facts.map(({ event }) => event).toSorted((a, b) => a - b));
  expect(facts[0]).toEqual({
    event: 0,
    text: expect.stringContaining("ada started fix from commit dddddddddddd with"),
  });
  expect(facts.at(-1)?.text).toBe("proven: the patch is proven");
  expect(facts.some(({ text }) => text.includes("turn 1"))).toBe(false);
  expect(claims[2]).toEqual({ claim: "the test fails again without the patch", holds: true, events: [25] });
  const { out } = await type(["why", "aaa"], { ledger });
  expect(out).toMatch(/^run aaa: proven, exit code 0\n {2}event 0 {5}ada started/);
  expect(out).toContain("✓ the test fails on the base  events 10, 11, 12\n");
});

test("why a fix did not come about: the last refusals, the gate, the person", async () => {
  const ledger = await memoryLedger();
  const log = await ledger.open("bbb");
  const fix = pieces(log);
  const events: Event[] = [
    fix.started,
    ...["c1", "c2", "c3"].flatMap((id) => fix.finish("reproduce", id, `not accepted: reason ${id}`)),
    fix.gate("protected-paths", "ask", "package.json may change only with an approval"),
    { type: "approval.refused", by: "Ada", diff: log.put("d"), reason: "not now" },
    { type: "run.ended", outcome: "blocked", reason: "rejected by Ada: not now", hint: "" },
  ];
  for (const event of events) await log.append(event);
  await log.close();
  expect(whyOf((await ledger.read("bbb")).events).facts.map(({ text }) => text)).toEqual([
    expect.stringContaining("ada started fix"),
    "finish not accepted: reason c2",
    "finish not accepted: reason c3",
    expect.stringContaining("protected-paths"),
    "refused by Ada: not now",
    "blocked: rejected by Ada: not now",
  ]);
});

test("a stage has its own time, turns and cost; a pause is nobody's time, and a stage gone on with is one", () => {
  const stages = foldStages(
    recorded([
      { type: "stage.started", stage: "patch", at: 1000 },
      { ...replied([], { cost: 7 }), at: 2000 },
      { type: "run.paused", outcome: "interrupted", reason: "", hint: "", at: 3000 },
      { type: "run.resumed", host: "h", at: 60_000 },
      { type: "stage.started", stage: "patch", at: 61_000 },
      { ...replied([], { cost: 5 }), at: 62_000 },
      { type: "stage.finished", stage: "patch", output: { end: {} }, at: 64_000 },
      { type: "stage.started", stage: "prove", at: 65_000 },
    ]),
  );
  expect(stages).toEqual([
    { name: "patch", verdict: "failed", ms: 5000, turns: 2, cost: 12, evidence: [], first: 0, last: 6 },
    { name: "prove", verdict: "unfinished", ms: 0, turns: 0, cost: 0, evidence: [], first: 7, last: 7 },
  ]);
});
