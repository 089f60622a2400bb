import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { healthOf } from "../../src/views/health.ts";
import { failed, recorded, replied, started } from "../support/facts.ts";

const ended: Event = { type: "run.ended", outcome: "proven", reason: "", hint: "" };
const broken: Event = {
  ...replied(["a"]),
  calls: [{ id: "a", name: "bash", repairs: [], error: "not JSON" }],
};

test("a run tells how each of its models did", () => {
  const garbled: Event = { ...failed(false), kind: "tool_parse_server" } as Event;
  const slow = { ...replied(["b"]), ms: 5_000 };
  expect(healthOf(recorded([started, broken, slow, slow, garbled, replied([]), ended]))).toEqual([
    {
      model: "test/m",
      replies: 4,
      malformed: 1 / 3,
      wordless: 2 / 5,
      tokensPerReply: 20,
      tokensPerSecond: null,
      proven: true,
      installation: "m",
    },
  ]);
});

test("what was asked aside, and what is too little to tell, counts for nothing", () => {
  const summary: Event = { ...replied(["a"]), purpose: "summary" };
  expect(healthOf(recorded([started, summary, ended]))).toEqual([]);
  expect(healthOf(recorded([started, broken]))).toMatchObject([
    { replies: 1, malformed: null, wordless: null, tokensPerReply: null, proven: null },
  ]);
});
