import type { Event, EventOf } from "../ledger/events.ts";
import type { Message } from "../ledger/message.ts";
import { applyToSession, foldSession } from "../views/session.ts";
import { applyToSpend, foldSpend } from "../views/spend.ts";
import { stuckSignal } from "../views/stuck.ts";
import type { Agent } from "./agent.ts";
import { ask } from "./ask.ts";
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
  const time = sessionTime(agent, id);
  try {
    return await hold(id, opening, agent, AbortSignal.any([signal, time]));
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
): Promise<EventOf<"session.ended">> {
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
  const end = (reason: EventOf<"session.ended">["reason"], detail: string): Promise<void> =>
    record({ type: "session.ended", session: id, reason, detail });

  if (!state.started) {
    const tools = log.putJson(agent.tools.map(({ spec }) => spec));
    const role = agent.role.bounds && { role: agent.role.bounds.sha };
    await record({ type: "session.started", session: id, kind: opening.kind, prompt: opening.prompt, tools, ...role });
  }
  if (state.messages.length === 0) await tell("system", { role: "system", text: opening.system });
  if (state.messages.length === 1) await tell("task", { role: "user", origin: "task", text: opening.task });

  let restored = agent.restored ?? null;
  while (!state.ended) {
    signal.throwIfAborted();
    const circle = stuckSignal(state);
    if (state.pending.length > 0) {
      const before = state.pending.length;
      await perform(id, state, { agent, read, record, signal });
      // Without this a call that nobody answers would spin here, deaf to every signal.
      if (state.pending.length === before && !state.ended) throw new Error(`no call of session ${id} was answered`);
    } else if (restored !== null) {
      await note("restored", restored);
      restored = null;
    } else if (circle && state.stuckWarnings > 0) {
      await end("stuck", circle);
    } else if (circle) {
      await note("stuck", `claw: ${circle}. State a new idea and try it, or call finish with outcome "blocked".`);
    } else if (state.unanswered) {
      await note(
        "note",
        'claw: nothing happens without a tool call. Call a tool, or finish with outcome "done" or "blocked".',
      );
    } else {
      const desk = { agent, read, record, note, signal, spent: () => spend };
      const room = await makeRoom(id, state, desk);
      if (room === "made") continue;
      const reached = room === "enough" ? await ask(id, state, desk) : room;
      if (reached) await record({ type: "session.ended", session: id, reason: "over-budget", ...reached });
    }
  }
  return state.ended;
}
