import type { Event, EventOf } from "../ledger/events.ts";
import type { Message } from "../ledger/message.ts";
import { applyToSession, foldSession, type SessionState } from "../views/session.ts";
import { applyToSpend, foldSpend } from "../views/spend.ts";
import { stuckSignal } from "../views/stuck.ts";
import type { Agent } from "./agent.ts";
import { ask, type Limit } from "./ask.ts";
import { sessionTime, timeIsUp } from "./bounds.ts";
import { makeRoom } from "./compact.ts";
import { perform } from "./perform.ts";
import { putMessage, transcriptReader } from "./transcript.ts";

export interface Opening {
  readonly kind: string;
  /** Hash of the prompt file that the task message was made from. */
  readonly prompt: string;
  readonly system: string;
  readonly task: string;
}

/** Drives a session to its end, within the time that its role file gives it. */
export async function drive(
  id: string,
  opening: Opening,
  agent: Agent,
  signal: AbortSignal,
): Promise<EventOf<"session.ended">> {
  const end = await timed(id, opening, agent, signal, null);
  if (end.type === "rest") throw new Error(`session ${id} rests, and nobody is there to speak`);
  return end;
}

/** Why it is the person's turn in a session with one: the model has answered, or it may not go on as it is. */
export interface Rest {
  readonly type: "rest";
  readonly how: "answered" | "stuck" | "over-budget";
  readonly detail: string;
  /** Which limit was reached. */
  readonly limit?: Limit["limit"];
}

/** What a person says; null where a turn that broke off goes on. */
type Heard = { readonly words: string | null };

/** The same for one turn of a session with a person: what they say is told, and the session driven until it rests. */
export const answer = (
  id: string,
  opening: Opening,
  agent: Agent,
  signal: AbortSignal,
  words: string | null,
): Promise<Rest | EventOf<"session.ended">> => timed(id, opening, agent, signal, { words });

async function timed(
  id: string,
  opening: Opening,
  agent: Agent,
  signal: AbortSignal,
  heard: Heard | null,
): Promise<Rest | EventOf<"session.ended">> {
  const time = sessionTime(agent, id);
  try {
    return await hold(id, opening, agent, AbortSignal.any([signal, time]), heard);
  } catch (error) {
    if (!time.aborted || signal.aborted) throw error;
    const end = timeIsUp(id, agent);
    await agent.log.append(end);
    return end;
  }
}

/** All it knows is what the ledger says, so starting, continuing and recovering are one call. */
async function hold(
  id: string,
  opening: Opening,
  agent: Agent,
  signal: AbortSignal,
  heard: Heard | null,
): Promise<Rest | EventOf<"session.ended">> {
  const { log } = agent;
  const read = transcriptReader(log);
  let state = foldSession(log.events, id);
  let spend = foldSpend(log.events);
  const record = async (...facts: readonly Event[]): Promise<void> => {
    for (const recorded of await log.appendTogether(facts)) {
      state = applyToSession(state, id, recorded);
      spend = applyToSpend(spend, recorded);
    }
  };
  const tell = (about: EventOf<"message.added">["about"], message: Message): Promise<void> =>
    record({ type: "message.added", session: id, about, message: putMessage(log, message) });
  const note = (about: "note" | "stuck" | "budget" | "restored" | "smaller", text: string): Promise<void> =>
    tell(about, { role: "user", origin: "harness", text });

  if (!state.started) await record(beginning(id, opening, agent));
  if (state.messages.length === 0) await tell("system", { role: "system", text: opening.system });
  if (state.messages.length === 1) await tell("task", { role: "user", origin: "task", text: opening.task });

  let restored = agent.restored ?? null;
  let words = heard?.words ?? null;
  while (!state.ended) {
    signal.throwIfAborted();
    const circle = stuckSignal(state);
    const rest = heard && words === null ? restOf(state, circle) : null;
    if (state.pending.length > 0) {
      const before = state.pending.length;
      await perform(id, state, { agent, read, record, signal });
      // Without this a call that nobody answers would spin here, deaf to every signal.
      if (state.pending.length === before && !state.ended) throw new Error(`no call of session ${id} was answered`);
    } else if (restored !== null) {
      await note("restored", restored);
      restored = null;
    } else if (words !== null) {
      await tell("person", { role: "user", origin: "person", text: words });
      words = null;
    } else if (rest) {
      return rest;
    } else if (circle && state.stuckWarnings > 0) {
      await record({ type: "session.ended", session: id, reason: "stuck", detail: circle });
    } else if (circle) {
      await note("stuck", circleText(circle, heard !== null));
    } else if (state.unanswered) {
      await note("note", withoutCall);
    } else {
      const desk = { agent, read, record, note, signal, spent: () => spend };
      const room = await makeRoom(id, state, desk);
      if (room === "made") continue;
      const reached = room === "enough" ? await ask(id, state, desk) : room;
      if (reached && heard) return { type: "rest", how: "over-budget", ...reached };
      if (reached) await record({ type: "session.ended", session: id, reason: "over-budget", ...reached });
    }
  }
  return state.ended;
}

/** The first fact of a session. */
const beginning = (session: string, { kind, prompt }: Opening, { log, tools, role }: Agent): Event => ({
  type: "session.started",
  session,
  kind,
  prompt,
  tools: log.putJson(tools.map(({ spec }) => spec)),
  ...(role.bounds && { role: role.bounds.sha }),
});

const withoutCall =
  'claw: nothing happens without a tool call. Call a tool, or finish with outcome "done" or "blocked".';

const circleText = (circle: string, withPerson: boolean): string =>
  `claw: ${circle}. State a new idea and try it, or ${withPerson ? "ask the person" : 'call finish with outcome "blocked"'}.`;

/** Is it the person's turn? */
function restOf({ unanswered, stuckWarnings }: SessionState, circle: string | null): Rest | null {
  if (circle !== null) return stuckWarnings > 0 ? { type: "rest", how: "stuck", detail: circle } : null;
  return unanswered ? { type: "rest", how: "answered", detail: "" } : null;
}
