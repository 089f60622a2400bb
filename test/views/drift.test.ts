import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { driftIn, driftNotes } from "../../src/views/drift.ts";
import { recorded, replied } from "../support/facts.ts";

let turn = 0;
const from = (servedModel: string, fingerprint?: string, changes: object = {}): Event => {
  const sha = "0".repeat(64);
  const sent = { attempt: 1, path: "/x", streamed: true, leftOut: [], request: { sha, bytes: 1 } };
  const exchange = { ...sent, status: 200, headers: {}, response: null, ms: 1, ...(fingerprint && { fingerprint }) };
  return { ...replied([]), servedModel, servedTier: "default", turn: (turn += 1), exchange, ...changes } as Event;
};

test("a server that changes under a session is told of, one that says nothing of itself is not", () => {
  turn = 0;
  const steady = [from("m", "fp_a"), from("m"), from("", "fp_a"), from("m", "fp_a")];
  expect(driftIn(recorded(steady))).toEqual([]);
  const session = (replied([]) as { session: string }).session;
  const changed = [...steady, from("m", "fp_b"), from("m-2", "fp_b", { servedTier: "flex" })];
  expect(driftIn(recorded(changed))).toEqual([
    { what: "installation", session, turn: 5, from: "fp_a", to: "fp_b" },
    { what: "model", session, turn: 6, from: "m", to: "m-2" },
    { what: "tier", session, turn: 6, from: "default", to: "flex" },
  ]);
  expect(driftIn(recorded([from("m"), from("m-2", "fp_b", { session: "another" })]))).toEqual([]);
  expect(driftNotes(recorded([...changed, from("m", "fp_a")]))).toEqual([
    `the server's installation changed at turn 5 of ${session}: fp_a, then fp_b`,
    `who answered changed at turn 6 of ${session}: m, then m-2`,
    `the service tier changed at turn 6 of ${session}: default, then flex`,
    "and 3 such changes more",
  ]);
});
