import type { SessionState, Trace } from "./session.ts";

/** A session that goes in circles costs money and finds nothing. Numbers: repeats within the window that make a signal. */
const WINDOW = 20;
const SAME_CALL = 4;
const SAME_ERROR = 3;
const ALTERNATIONS = 6;
const WORDS_ONLY = 3;
const IDLE_TURNS = 25;

/** Names the loop a session is in, as a sentence for the model and the record; null while it moves. */
export function stuckSignal(state: SessionState): string | null {
  const recent = state.trace.slice(-WINDOW);
  const last = recent.at(-1);
  if (state.wordsOnly >= WORDS_ONLY) return `${state.wordsOnly} replies in a row called no tool`;
  if (last) {
    const same = recent.filter(({ signature }) => signature === last.signature);
    if (!last.ok && same.length >= SAME_ERROR)
      return `the same ${last.tool} call failed the same way ${same.length} times`;
    if (same.length >= SAME_CALL) return `the same ${last.tool} call gave the same result ${same.length} times`;
    if (alternates(recent)) return "two calls have been repeated in turn without any change";
  }
  if (state.idleTurns >= IDLE_TURNS) return `${state.idleTurns} turns without an edit or a finish`;
  return null;
}

/** A-B-A-B: the last 2 × ALTERNATIONS calls are two calls in turn. */
function alternates(recent: readonly Trace[]): boolean {
  const tail = recent.slice(-2 * ALTERNATIONS);
  const [a, b] = tail;
  if (tail.length < 2 * ALTERNATIONS || !a || !b || a.signature === b.signature) return false;
  return tail.every(({ signature }, index) => signature === (index % 2 === 0 ? a : b).signature);
}
