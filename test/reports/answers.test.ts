import { expect, test } from "vitest";
import { answersOf } from "../../src/reports/answers.ts";
import type { Event } from "../../src/ledger/events.ts";
import { memoryLedger, pieces, recordProvenFix } from "../support/recorded-fix.ts";

const proven = async () => {
  const ledger = await memoryLedger();
  await recordProvenFix(ledger, "aaa1");
  return (await ledger.read("aaa1")).events;
};

test("a proven fix answers all five questions, each from facts on record", async () => {
  const events = await proven();
  const answers = answersOf(events, null);
  expect(answers.map(({ answer }) => answer)).toEqual([
    "No approval of a prompt is on record. They are the files of claw 0.1.0; ada started the run with them.",
    "There is no patch of a model (scripted: session.json (recorded replies, no model) was asked).",
    "Yes: the new test/slug.test.ts failed 3 times on the base, without the patch.",
    "claw ran tests 9 times on 3 trees. The proof: the test fails on the base (yes); the test passes with the patch (yes); the test fails again without the patch (yes); no test is newly failing (yes).",
    "The run ended proven: the patch is proven.",
  ]);
  for (const { event, fact } of answers.flatMap(({ evidence }) => evidence)) {
    expect(fact).not.toBe("");
    expect(events[event]?.seq).toBe(event);
  }
  expect(answers[2]?.evidence.map(({ event }) => events[event])).toMatchObject([
    { type: "suite.ran", verdict: "red" },
    { type: "suite.ran", verdict: "red" },
    { type: "suite.ran", verdict: "red" },
  ]);
});

/** A run of these facts after its start. */
async function runOf(make: (fix: ReturnType<typeof pieces>) => readonly Event[]) {
  const ledger = await memoryLedger();
  const log = await ledger.open("bbb2");
  const fix = pieces(log);
  for (const event of [fix.started, ...make(fix)]) await log.append(event);
  return log.events;
}

test("the model that answered is named, not only the one that was asked", async () => {
  const prompt = "1".repeat(64);
  const events = await runOf((fix) => [
    { type: "session.started", session: "patch", kind: "patch", prompt, tools: prompt },
    fix.replied("patch", 1, "I will."),
    fix.replied("patch", 2, "I did."),
    ...fix.patch,
  ]);
  const [prompts, model] = answersOf(events, null);
  expect(prompts?.evidence.at(-1)).toEqual({ event: 1, fact: "session patch was given a prompt 111111111111" });
  expect(model?.answer).toBe("recorded (scripted: session.json (recorded replies, no model) was asked).");
  expect(model?.evidence).toEqual([{ event: 2, fact: "session patch: 2 replies of recorded" }]);
});

test("a patch that the search engine found is no model's", async () => {
  const events = await runOf((fix) => [
    {
      type: "search.found",
      path: "a.js",
      line: 3,
      operator: "swap",
      suspicious: true,
      rank: 1,
      tried: 9,
      heldOut: 0,
      failing: 1,
    },
    ...fix.patch,
  ]);
  expect(answersOf(events, null)[1]).toMatchObject({
    answer: expect.stringContaining("The search engine wrote it; no model did"),
    evidence: [{ event: 1, fact: "found by swap at a.js:3" }],
  });
});

test("a run without a reproduction says so, and what stopped it", async () => {
  const events = await runOf((fix) => [
    fix.suite("red-on-base", "base", "green", 0, ["a.test.ts"]),
    fix.gate("scope", "block", "a.ts is out of scope"),
    { type: "run.ended", outcome: "not-reproduced", reason: "no test failed", hint: "" },
  ]);
  const [, , reproduced, tests, fate] = answersOf(events, null);
  expect(reproduced?.answer).toBe("No: no failing test was accepted.");
  expect(tests?.answer).toBe("claw ran tests 1 time on 1 tree. No proof was reached.");
  expect(fate).toMatchObject({
    answer: "The run ended not-reproduced: no test failed.",
    evidence: [
      { event: 2, fact: "gate scope: block, a.ts is out of scope" },
      { event: 3, fact: "not-reproduced: no test failed" },
    ],
  });
});

test("changes that were rejected, or replaced by a later one, are named beside the one that was accepted", async () => {
  const events = await runOf((fix) => {
    const [taken] = fix.patch.filter(({ type }) => type === "diff.taken");
    if (taken?.type !== "diff.taken") throw new Error("the patch was never taken");
    return [{ ...taken, files: 1 }, { ...taken, purpose: "rejected", files: 3 }, taken];
  });
  const facts = answersOf(events, null)
    .at(-1)
    ?.evidence.map(({ event, fact }) => [event, fact.replace(/[0-9a-f]{12}$/, "…")]);
  expect(facts).toEqual([
    [1, "a change of 1 file was replaced by a later one, diff …"],
    [2, "a change of 3 files was rejected, diff …"],
    [3, "a change of 2 files was accepted, diff …"],
  ]);
});

test("decisions of people are told with the git identity behind a typed name, refusals and waits that ran out too", async () => {
  const diff = "d".repeat(64);
  const events = await runOf(() => [
    { type: "approval.given", diff, expires: 9, by: "Linus", identity: "Eve <eve@x>", account: "eve at forge" },
    { type: "approval.given", diff, expires: 9, by: "Eve <eve@x>", identity: "Eve <eve@x>" },
    { type: "approval.refused", diff, reason: "no", by: "Bob" },
    { type: "approval.expired", diff, expires: 9 },
  ]);
  expect(
    answersOf(events, null)
      .at(-1)
      ?.evidence.map(({ fact }) => fact),
  ).toEqual([
    "Linus (git: Eve <eve@x>, eve at forge) approved diff dddddddddddd",
    "Eve <eve@x> approved diff dddddddddddd",
    "Bob rejected diff dddddddddddd: no",
    "nobody decided in time about diff dddddddddddd",
  ]);
});

test.each([
  [
    { branch: "gone", inHead: false, overwritten: [] },
    "its branch is gone; the commit is not part of what is checked out.",
  ],
  [
    { branch: "there", inHead: true, overwritten: [] },
    "its branch is still there; the commit is part of what is checked out; nothing of it was changed since.",
  ],
  [
    { branch: "moved", inHead: true, overwritten: ["a.ts"] },
    "its branch has moved on; the commit is part of what is checked out; changed since: a.ts.",
  ],
] as const)("what became of the commit is told: %j", async (fate, since) => {
  expect(answersOf(await proven(), fate).at(-1)?.answer).toBe(
    `The run ended proven: the patch is proven. Since: ${since}`,
  );
});
