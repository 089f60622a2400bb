import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { applyToSession, foldSession, newSession, type SessionState } from "../../src/views/session.ts";
import { finished, judged, recorded, replied, requested, told } from "../support/facts.ts";

const session = (...facts: Event[]): SessionState => foldSession(recorded(facts), "patch");
const opening: Event[] = [
  { type: "session.started", session: "patch", kind: "patch", prompt: "0".repeat(64), tools: "0".repeat(64) },
  told("system"),
  told("task"),
];

test("a session that has begun has its first two messages and owes nothing", () => {
  expect(session(...opening)).toEqual({
    ...newSession,
    started: true,
    messages: ["0".repeat(64), "0".repeat(64)],
    context: { ...newSession.context, task: "0".repeat(64) },
  });
});

test("the calls of a reply are pending until each has its result", () => {
  const asked = [...opening, replied(["c1", "c2"])];
  expect(session(...asked)).toMatchObject({ pending: ["c1", "c2"], inDoubt: [], turns: 1, unanswered: false });
  const half = session(...asked, judged("c1"), finished("c1"));
  expect(half).toMatchObject({ pending: ["c2"], inDoubt: [], calls: 1 });
  expect(half.messages).toHaveLength(4);
});

test("a call that was allowed and has no result is in doubt; one that was denied is not", () => {
  const asked = [...opening, replied(["c1", "c2"])];
  expect(session(...asked, judged("c1")).inDoubt).toEqual(["c1"]);
  expect(session(...asked, judged("c1", "deny")).inDoubt).toEqual([]);
  expect(session(...asked, judged("c1"), judged("c1")).inDoubt).toContain("c1");
  expect(session(...asked, judged("c1"), judged("c1"), finished("c1")).inDoubt).toEqual([]);
});

test("a request without a reply leaves the session where it was", () => {
  expect(session(...opening, requested(5))).toEqual(session(...opening));
});

test("a reply without a call waits for an answer, and counts until a call comes", () => {
  expect(session(...opening, replied())).toMatchObject({ unanswered: true, wordsOnly: 1 });
  expect(session(...opening, replied(), told("note"))).toMatchObject({ unanswered: false, wordsOnly: 1 });
  expect(session(...opening, replied(), told("note"), replied()).wordsOnly).toBe(2);
  expect(session(...opening, replied(), told("note"), replied(["c1"])).wordsOnly).toBe(0);
});

test("turns are idle until something is edited or finished", () => {
  const turn = (call: string, changes: Parameters<typeof finished>[1] = {}) => [
    replied([call]),
    finished(call, changes),
  ];
  expect(session(...turn("a"), ...turn("b")).idleTurns).toBe(2);
  expect(session(...turn("a"), ...turn("b", { tool: "edit" })).idleTurns).toBe(0);
  expect(session(...turn("a"), ...turn("b", { tool: "edit", ok: false })).idleTurns).toBe(2);
  expect(session(...turn("a"), ...turn("b", { tool: "finish", ok: false })).idleTurns).toBe(0);
});

test("being told of a circle begins the count anew, but not the number of calls", () => {
  const facts = [replied(["c1"]), finished("c1"), replied(), told("stuck")];
  expect(session(...facts)).toMatchObject({ trace: [], wordsOnly: 0, idleTurns: 0, stuckWarnings: 1, calls: 1 });
  expect(session(...facts, told("budget"))).toMatchObject({ stuckWarnings: 1, budgetWarned: true });
});

test("facts of another session, and facts of no session, change nothing", () => {
  const other: Event[] = [
    told("task", "reproduce"),
    replied(["x"], { session: "reproduce" }),
    judged("x", "allow", "reproduce"),
    { type: "stage.started", stage: "patch" },
  ];
  expect(session(...other)).toEqual(newSession);
});

const call = fc.constantFrom("c1", "c2", "c3");
const anyFact: fc.Arbitrary<Event> = fc.oneof(
  fc.uniqueArray(call).map((calls) => replied(calls)),
  call.map((id) => judged(id)),
  call.map((id) => finished(id)),
  fc.constantFrom(...(["note", "stuck", "budget"] as const)).map((about) => told(about)),
  fc.constant(replied(["x"], { session: "other" })),
);

test("the fold is the same however the facts come in; messages are only added to", () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 30 }), fc.nat(30), (facts, cut) => {
      const events = recorded(facts);
      const first = foldSession(events.slice(0, cut), "patch");
      const whole = foldSession(events, "patch");
      expect(events.slice(cut).reduce((state, event) => applyToSession(state, "patch", event), first)).toEqual(whole);
      expect(whole.messages.slice(0, first.messages.length)).toEqual(first.messages);
      expect(whole.messages.length).toBeGreaterThanOrEqual(whole.turns + whole.calls);
    }),
  );
});
