import { isEdit } from "./edits.ts";
import type { SessionState, Trace } from "./session.ts";

/** A session that goes in circles costs money and finds nothing. Numbers: repeats within the window that make a signal. */
const WINDOW_TURNS = 20;
const SAME_CALL = 4;
const SAME_ERROR = 3;
const SAME_REGION = 3;
const ALTERNATIONS = 6;
const WORDS_ONLY = 3;
const UNREADABLE = 3;
const SAME_FAILURE = 3;
const COMPACTIONS = 3;
/** Turns without a change of the code or of what the tests say: after the first edit, and before it. */
const IDLE_AFTER_EDIT = 12;
const IDLE_BEFORE_EDIT = 25;

/** One look at a session: the sentence that names its circle, or null. */
type Detector = (state: SessionState, recent: readonly Trace[]) => string | null;

/** In the order in which they are believed. */
const detectors: readonly Detector[] = [
  ({ wordsOnly }) => (wordsOnly >= WORDS_ONLY ? `${wordsOnly} replies in a row called no tool` : null),
  ({ unreadable }) =>
    unreadable >= UNREADABLE ? `the calls of ${unreadable} replies in a row could not be read` : null,
  sameError,
  sameRegion,
  sameCall,
  alternation,
  sameFailure,
  ({ context }) =>
    context.fruitless >= COMPACTIONS
      ? `the session was shortened ${context.fruitless} times, and no check that failed has passed since`
      : null,
  ({ idleTurns, edited }) =>
    idleTurns >= (edited ? IDLE_AFTER_EDIT : IDLE_BEFORE_EDIT)
      ? `${idleTurns} turns in which neither the code nor the tests' result changed`
      : null,
];

/** Names the loop a session is in, as a sentence for the model and the record; null while it moves. */
export function stuckSignal(state: SessionState): string | null {
  const recent = state.trace.filter(({ turn }) => turn > state.turns - WINDOW_TURNS);
  for (const detect of detectors) {
    const signal = detect(state, recent);
    if (signal !== null) return signal;
  }
  return null;
}

/** What came after the last change of the code: the same question may be asked again of other code. */
const sinceEdit = (recent: readonly Trace[]): readonly Trace[] =>
  recent.slice(recent.findLastIndex(({ tool, ok }) => isEdit(tool) && ok) + 1);

/** "calls 14, 17 and 19": by their numbers in the session. */
function numbered(same: readonly Trace[]): string {
  const numbers = same.map(({ number }) => number);
  return `calls ${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}

/** Commands change files, too: after another one in between, a call that fails otherwise is asked about other code. */
function sameError(_: SessionState, recent: readonly Trace[]): string | null {
  const last = recent.at(-1);
  if (!last || last.ok) return null;
  const since = sinceEdit(recent);
  const same = since.filter(({ asked, ok }) => asked === last.asked && !ok);
  const newest = same.slice(-SAME_ERROR);
  const [first] = newest;
  if (!first || newest.length < SAME_ERROR) return null;
  const others = since.slice(since.indexOf(first)).some(({ asked, tool }) => asked !== last.asked && tool !== "read");
  if (others && newest.some(({ signature }) => signature !== last.signature)) return null;
  const times = `${same.length} times (${numbered(same)})`;
  return others
    ? `the same ${last.tool} call failed in the same way ${times}`
    : `the same ${last.tool} call failed ${times}, with nothing changed in between`;
}

function sameRegion(_: SessionState, recent: readonly Trace[]): string | null {
  const last = recent.at(-1);
  if (last?.tool !== "read") return null;
  const same = sinceEdit(recent).filter(({ signature }) => signature === last.signature);
  return same.length >= SAME_REGION
    ? `the same part of a file was read ${same.length} times (${numbered(same)}), with nothing changed in between`
    : null;
}

/** A changed result is another signature; so is a test that fails otherwise after an edit. */
function sameCall(_: SessionState, recent: readonly Trace[]): string | null {
  const last = recent.at(-1);
  if (!last) return null;
  const same = (isEdit(last.tool) ? recent : sinceEdit(recent)).filter(({ signature }) => signature === last.signature);
  return same.length >= SAME_CALL
    ? `the same ${last.tool} call gave the same result ${same.length} times (${numbered(same)})`
    : null;
}

/** A, B, A, B, A, B: also an edit and the one that takes it back. */
function alternation(_: SessionState, recent: readonly Trace[]): string | null {
  const last = recent.slice(-ALTERNATIONS);
  const [a, b] = last;
  if (last.length < ALTERNATIONS || !a || !b || a.signature === b.signature) return null;
  const turns = last.every(({ signature }, index) => signature === (index % 2 === 0 ? a : b).signature);
  return turns
    ? `the same two calls, ${a.tool} and ${b.tool}, alternated ${ALTERNATIONS} times (${numbered(last)})`
    : null;
}

/** The tests fail now as they did before several different edits, and after each of them. */
function sameFailure({ failures }: SessionState): string | null {
  return failures && failures.edits >= SAME_FAILURE
    ? `the same tests fail in the same way after ${failures.edits} different edits`
    : null;
}
