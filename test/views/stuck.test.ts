import { describe, expect, test } from "vitest";
import type { Event } from "../../src/ledger/events.ts";
import { foldSession, newSession } from "../../src/views/session.ts";
import { stuckSignal } from "../../src/views/stuck.ts";
import { finished, recorded, replied, told } from "../support/facts.ts";

/** One turn of a session, in facts. Numbers make them distinct. */
type Turn = readonly Event[];

let count = 0;
const turn = (facts: Parameters<typeof finished>[1]): Turn => {
  const call = `c${(count += 1)}`;
  return [replied([call]), finished(call, facts)];
};
/** `bash npm test` saw `output`; `failing` names how the tests failed in it. */
const run = (command: string, output: string, { ok = true, failing = null as string | null } = {}): Turn =>
  turn({ tool: "bash", ok, exitCode: ok ? 0 : 1, asked: command, signature: `${command}: ${output}`, failing });
const read = (region: string, content = "as it was"): Turn =>
  turn({ tool: "read", asked: region, signature: `${region}: ${content}`, failing: null });
const edit = (change: string, ok = true): Turn =>
  turn({ tool: "edit", ok, asked: change, signature: `edit ${change}`, failing: null });
const tests = (how: string): Turn => run("npm test", how, { ok: false, failing: how });
const words = (): Turn => [replied([])];
const unreadable = (): Turn => {
  const reply = replied(["bad"]);
  const calls = reply.calls.map((call) => ({ ...call, error: "the arguments are cut off" }));
  return [{ ...reply, calls }, finished("bad", { ok: false, signature: `bad ${(count += 1)}` })];
};
const different = (length: number): Turn[] =>
  Array.from({ length }, (_, index) => run(`ls ${index} ${(count += 1)}`, "x"));
const compacted = (): Turn => [
  {
    type: "session.compacted",
    session: "patch",
    turn: 1,
    cause: "context",
    by: "trim",
    before: { messages: 0, tokens: 0 },
    after: { messages: 0, tokens: 0 },
    transcript: [],
  },
];

const signalAfter = (...turns: readonly Turn[]): string | null =>
  stuckSignal(foldSession(recorded(turns.flat()), "patch"));

const repeat = (length: number, make: (index: number) => Turn | readonly Turn[]): Turn[] =>
  Array.from({ length }, (_, index) => make(index)).flatMap(
    (made) => (Array.isArray(made[0]) ? made : [made]) as Turn[],
  );

describe("a circle is named when it closes, and a session that only looks like one goes on:", () => {
  test.each<[string, RegExp, Turn[], Turn[]]>([
    [
      "the same call with the same result, four times, others in between or not",
      /^the same bash call gave the same result 4 times \(calls 1, 3, 5 and 6\)$/,
      [
        run("git status", "clean"),
        run("ls", "a"),
        run("git status", "clean"),
        run("pwd", "b"),
        run("git status", "clean"),
        run("git status", "clean"),
      ],
      repeat(5, (index) => run("git log -1", `commit ${index}`)), // asked again, and answered otherwise
    ],
    [
      "the same call that fails, three times, whatever it says",
      /^the same bash call failed 3 times \(calls 1, 2 and 3\), with nothing changed/,
      repeat(3, (index) => run("npm run lint", `error ${index}`, { ok: false })),
      repeat(3, (index) => [run("npm run lint", "error", { ok: false }), edit(`try ${index}`)]).slice(0, 5), // code changed in between
    ],
    [
      "the same call that fails in the same way, three times, whatever commands ran in between",
      /^the same bash call failed in the same way 3 times \(calls 1, 3 and 5\)$/,
      repeat(3, (index) => [run("make", "error", { ok: false }), run(`sed -i s/a/${index}/ x`, "")]).slice(0, 5),
      repeat(3, (index) => [run("make", `error ${index}`, { ok: false }), run(`sed -i s/a/${index}/ x`, "")]).slice(
        0,
        5,
      ),
    ],
    [
      "two calls that alternate, six times",
      /^the same two calls, edit and edit, alternated 6 times/,
      repeat(3, () => [edit("a to b"), edit("b to a")]),
      repeat(3, (index) => [edit(`a to ${index}`), edit(`${index} to a`)]), // each a new idea
    ],
    [
      "words only, three times",
      /^3 replies in a row called no tool$/,
      repeat(3, words),
      [words(), words(), run("ls", "a"), words(), words()],
    ],
    [
      "calls that cannot be read, three times",
      /^the calls of 3 replies in a row could not be read$/,
      repeat(3, unreadable),
      [unreadable(), unreadable(), run("ls", "a"), unreadable()],
    ],
    [
      "the same part of a file, read three times",
      /^the same part of a file was read 3 times \(calls 1, 3 and 4\), with nothing changed/,
      [read("a.ts:1-50"), run("ls", "x"), read("a.ts:1-50"), read("a.ts:1-50")],
      [read("a.ts:1-50"), edit("x"), read("a.ts:1-50", "x"), read("a.ts:1-50", "x"), read("a.ts:51-99")], // looked at after the change
    ],
    [
      "the same failure after three different edits",
      /^the same tests fail in the same way after 3 different edits$/,
      [tests("sum: 1 is not 2"), ...repeat(3, (index) => [edit(`idea ${index}`), tests("sum: 1 is not 2")])],
      [
        tests("sum: 1 is not 2"),
        edit("a"),
        tests("sum: 1 is not 2"),
        edit("b"),
        tests("sum: 3 is not 2"),
        edit("c"),
        tests("sum: 1 is not 2"),
        edit("d"),
        tests("sum: 1 is not 2"),
      ], // it moves
    ],
    [
      "neither the code nor the tests change for 12 turns after an edit",
      /^12 turns in which neither the code nor the tests' result changed$/,
      [edit("a"), ...different(12)],
      [edit("a"), ...different(11), tests("other failure"), ...different(11)], // the tests say something new
    ],
    [
      "nothing is changed for 25 turns",
      /^25 turns in which neither/,
      different(25),
      different(24), // a large repository takes some reading
    ],
    [
      "three compactions without a check that passes",
      /^the session was shortened 3 times, and no check that failed has passed since$/,
      [run("npm test", "red", { ok: false }), compacted(), run("ls", "a"), compacted(), compacted()],
      [run("npm test", "red", { ok: false }), compacted(), compacted(), run("npm test", "green"), compacted()],
    ],
  ])("%s", (_, words_, circle, line) => {
    expect(signalAfter(...circle)).toMatch(words_);
    expect(signalAfter(...line)).toBeNull();
    // Not before it closes.
    expect(signalAfter(...circle.slice(0, -1))).toBeNull();
  });
});

test("what happened long ago is no circle", () => {
  const once = run("git status", "clean");
  expect(
    signalAfter(once, once, once, ...repeat(19, (index) => (index === 9 ? edit("a") : run(`ls ${index}`, "x"))), once),
  ).toBeNull();
});

test("the same edit again is no different edit", () => {
  const again = repeat(4, () => [edit("the same idea"), tests("sum: 1 is not 2")]);
  expect(signalAfter(tests("sum: 1 is not 2"), ...again)).not.toMatch(/different edits/);
});

test("a session that was told begins with a clean slate, and the second circle is one warning later", () => {
  const circle = repeat(3, (index) => run("make", `error ${index}`, { ok: false }));
  const state = foldSession(recorded([...circle.flat(), told("stuck"), ...circle.slice(0, 2).flat()]), "patch");
  expect(stuckSignal(state)).toBeNull();
  expect(state.stuckWarnings).toBe(1);
  expect(signalAfter(...circle, [told("stuck")], ...circle)).toMatch(/^the same bash call failed 3 times/);
});

test("runs recorded before calls had a hash of their own still fold", () => {
  const old = (call: string): Event => finished(call, { ok: false, signature: "same" });
  expect(signalAfter(...["a", "b", "c"].map((call): Turn => [replied([call]), old(call)]))).toMatch(/failed 3 times/);
});

test("a solved run of the usual shape is not disturbed: look, run, edit, run, edit, run, finish", () => {
  const solved = [
    ...different(9),
    tests("one"),
    read("a.ts:1-50"),
    edit("first idea"),
    tests("one"),
    read("a.ts:1-50", "first idea"),
    edit("second idea"),
    tests("two"),
    ...different(5),
    edit("third idea"),
    run("npm test", "green"),
    run("git diff", "d"),
    turn({ tool: "finish", signature: "f" }),
  ];
  for (const [index] of solved.entries()) expect(signalAfter(...solved.slice(0, index + 1))).toBeNull();
});

test("a session that has done nothing yet is not stuck", () => {
  expect(stuckSignal(newSession)).toBeNull();
});
