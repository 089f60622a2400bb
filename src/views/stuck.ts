import type { SessionState } from "./session.ts";

/** A session that goes in circles costs money and finds nothing. Numbers: repeats within the window that make a signal. */
const WINDOW = 20;
const SAME_CALL = 4;
const SAME_ERROR = 3;
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
  }
  if (state.idleTurns >= IDLE_TURNS) return `${state.idleTurns} turns without an edit or a finish`;
  return null;
}
