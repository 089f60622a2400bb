import { describe, expect, test } from "vitest";
import { newSession, type SessionState, type Trace } from "../../src/views/session.ts";
import { stuckSignal } from "../../src/views/stuck.ts";

const call = (signature: string, ok = true): Trace => ({ turn: 1, tool: "bash", ok, signature });
const calls = (signatures: string): Trace[] => signatures.split("").map((signature) => call(signature));
const traced = (trace: readonly Trace[]): SessionState => ({ ...newSession, trace });

describe("a session that goes in circles is noticed at the smallest sign, and not before:", () => {
  test.each([
    [
      "the same call, the same result",
      traced(calls("aaaa")),
      traced(calls("aaab")),
      "the same bash call gave the same result 4 times",
    ],
    [
      "also with others in between",
      traced(calls("abacadea")),
      traced(calls("abacade")),
      "the same bash call gave the same result 4 times",
    ],
    [
      "the same failure",
      traced(["a", "b", "a", "a"].map((signature) => call(signature, false))),
      traced(["a", "b", "a", "c"].map((signature) => call(signature, false))),
      "the same bash call failed the same way 3 times",
    ],
    [
      "words only",
      { ...newSession, wordsOnly: 3 },
      { ...newSession, wordsOnly: 2 },
      "3 replies in a row called no tool",
    ],
    [
      "no edit and no finish",
      { ...newSession, idleTurns: 25 },
      { ...newSession, idleTurns: 24 },
      "25 turns without an edit or a finish",
    ],
  ])("%s", (_, circle, line, words) => {
    expect(stuckSignal(circle)).toBe(words);
    expect(stuckSignal(line)).toBeNull();
  });
});

test("what happened long ago is no circle", () => {
  const others = Array.from({ length: 19 }, (_, index) => call(`other ${index}`));
  expect(stuckSignal(traced([...calls("aaa"), ...others, call("a")]))).toBeNull();
});

test("a session that has done nothing yet is not stuck", () => {
  expect(stuckSignal(newSession)).toBeNull();
});
