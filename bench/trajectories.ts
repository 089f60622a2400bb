import type { Event, EventOf, Recorded } from "../src/ledger/events.ts";
import { applyToSession, newSession, type SessionState } from "../src/views/session.ts";
import { stuckSignal } from "../src/views/stuck.ts";
import { finished, replied } from "../test/support/facts.ts";

/** What a session does in one turn. Texts say what was asked and what was seen; equal texts are equal calls. */
export interface Step {
  readonly tool: "bash" | "read" | "edit" | "finish" | null;
  readonly asked: string;
  readonly seen: string;
  readonly ok: boolean;
  /** How the tests failed in what it saw. */
  readonly failing: string | null;
}

const step = (
  tool: Step["tool"],
  asked: string,
  seen: string,
  { ok = true, failing = null }: Partial<Step> = {},
): Step => ({ tool, asked, seen, ok, failing });

/** Numbers in [0, 1) that are the same in every run of the bench. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A session that finds its way: it looks around, and twice at some things; it changes code, and now and then misses; it runs
 * the tests after most changes, which fail in another way after three changes of five; it is told once or twice what is
 * missing when it asks to finish.
 */
export function healthy(random: () => number): readonly Step[] {
  const upTo = (most: number): number => Math.floor(random() * most);
  const steps: Step[] = [];
  let version = 0;
  let failure = 0;
  const looks = (count: number): void => {
    for (let look = 0; look < count; look += 1) {
      const [kind, what] = [random(), upTo(40)];
      if (kind < 0.45) steps.push(step("read", `file ${what}`, `file ${what} of ${version}`));
      else if (kind < 0.8) steps.push(step("bash", `grep ${what}`, `lines ${what}`, { ok: what % 7 > 0 }));
      else if (kind < 0.9) steps.push(step("bash", "git status", `changes ${version}`));
      else steps.push(step("bash", `node -e ${upTo(1000)}`, `printed ${upTo(1000)}`, { ok: random() < 0.7 }));
    }
  };
  looks(4 + upTo(14));
  for (let round = 3 + upTo(8); round > 0; round -= 1) {
    if (random() < 0.12) steps.push(step("edit", `miss ${upTo(1e6)}`, "not in the file", { ok: false }));
    for (let edits = 1 + upTo(2); edits > 0; edits -= 1) steps.push(step("edit", `change ${(version += 1)}`, "edited"));
    if (random() < 0.6) failure += 1;
    if (random() < 0.85)
      steps.push(step("bash", "npm test", `failing ${failure}`, { ok: false, failing: `failure ${failure}` }));
    if (random() < 0.5) looks(1 + upTo(4));
  }
  steps.push(
    step("bash", "npm test", "all pass"),
    step("finish", "done", "not accepted: a test newly fails", { ok: false }),
  );
  looks(upTo(3));
  steps.push(step("edit", `change ${version + 1}`, "edited"), step("finish", "done again", "accepted"));
  return steps;
}

/** Circles that sessions were seen in, as what each of their turns does. */
export const circles: Readonly<Record<string, (turn: number) => Step>> = {
  "one command, one result": () => step("bash", "ls", "a b c"),
  "one failing command": () => step("bash", "make", "no rule", { ok: false }),
  "one part of one file": () => step("read", "file x", "file x"),
  "an edit that never fits": () => step("edit", "the same miss", "not in the file", { ok: false }),
  "two commands in turn": (turn) => step("bash", `cat ${turn % 2}`, `text ${turn % 2}`),
  "an edit and its reversal": (turn) => step("edit", `there and back ${turn % 2}`, "edited"),
  "words without a call": () => step(null, "", "I will now fix it."),
  "other edits, the same failure": (turn) =>
    turn % 2 === 0
      ? step("edit", `guess ${turn}`, "edited")
      : step("bash", "npm test", "failing as ever", { ok: false, failing: "as ever" }),
};

/** A session as the loop folds it, told of a circle where the loop would tell it. */
export function walker(): {
  readonly take: (facts: readonly Event[]) => string | null;
  readonly state: () => SessionState;
} {
  let state = newSession;
  let seq = 0;
  const apply = (fact: Event): void => {
    const id = "session" in fact ? fact.session : "";
    state = applyToSession(state, id, { ...fact, seq: (seq += 1), at: seq } as Recorded);
  };
  return {
    state: () => state,
    take(facts) {
      const session = facts.flatMap((fact) => ("session" in fact ? [fact.session] : []))[0] ?? "patch";
      for (const fact of facts) apply(fact);
      const signal = state.pending.length === 0 ? stuckSignal(state) : null;
      if (signal !== null) apply({ type: "message.added", session, about: "stuck", message: "0".repeat(64) });
      return signal;
    },
  };
}

/** The facts of one turn. */
export function factsOf({ tool, asked, seen, ok, failing }: Step, turn: number): readonly Event[] {
  if (tool === null) return [replied([])];
  const call = `c${turn}`;
  const done: Partial<EventOf<"call.finished">> = { tool, ok, asked, signature: `${asked}: ${seen}`, failing };
  return [replied([call]), finished(call, done)];
}
