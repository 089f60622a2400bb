import type { Event, EventOf } from "../ledger/events.ts";
import { ModelError } from "../models/model-error.ts";
import { mostTokens } from "../views/input-bound.ts";
import { applyToSession, foldSession } from "../views/session.ts";
import { foldSpend } from "../views/spend.ts";
import type { Agent } from "./agent.ts";
import { makeRoom } from "./compact.ts";
import { answer, type Opening, type Rest } from "./loop.ts";
import { answerStopped } from "./perform.ts";
import { fillPrompt, loadPrompt } from "./prompt.ts";
import { putMessage, transcriptReader } from "./transcript.ts";

/** A session between a person and a model. */
export interface Talk {
  /** Unique within the run. */
  readonly id: string;
  /** What its prompt is told. */
  readonly slots: Readonly<Record<string, string>>;
  /** Who the person is, for the record. */
  readonly by: string;
}

/** How a turn of the model's ended: it rests, or the person stopped it. */
export type TurnEnd = Rest | { readonly type: "rest"; readonly how: "interrupted"; readonly detail: string };

/**
 * One turn: what the person says is told, and the model works until it rests. `stop` is the person's, and settles the turn
 * where it is: what was said so far is kept, and calls that were under way are answered. Throws what ends the run, and
 * ModelError where no reply can be had; both leave a session that can go on.
 */
export async function takeTurn(
  talk: Talk,
  agent: Agent,
  words: string | null,
  { signal, stop }: { readonly signal: AbortSignal; readonly stop: AbortSignal },
): Promise<TurnEnd | EventOf<"session.ended">> {
  const heard = hearing(agent);
  try {
    return await answer(talk.id, await openingOf(talk, agent), heard.agent, AbortSignal.any([signal, stop]), words);
  } catch (error) {
    if (!stop.aborted || signal.aborted) throw error;
    await settle(talk, agent, heard.words(), error);
    return { type: "rest", how: "interrupted", detail: "" };
  }
}

async function openingOf({ slots }: Talk, { role }: Agent): Promise<Opening> {
  const [system, task] = await Promise.all([loadPrompt("talk"), loadPrompt(role.prompt)]);
  return { kind: role.kind, prompt: task.sha, system: system.text, task: fillPrompt(task, slots) };
}

/** The agent, overheard: what the model has said of a reply that is not complete yet. */
function hearing(agent: Agent): { readonly agent: Agent; readonly words: () => string } {
  let said = "";
  return {
    words: () => said,
    agent: {
      ...agent,
      model: {
        ...agent.model,
        async ask(...asked) {
          said = "";
          const reply = await agent.model.ask(...asked);
          said = "";
          return reply;
        },
      },
      onDelta(delta) {
        if (delta.kind === "text") said += delta.text;
        agent.onDelta?.(delta);
      },
    },
  };
}

/** The record of a turn that a person stopped, such that the session can go on after it. */
async function settle(talk: Talk, agent: Agent, said: string, error: unknown): Promise<void> {
  const { log } = agent;
  const read = transcriptReader(log);
  const record = async (...facts: readonly Event[]): Promise<void> => void (await log.appendTogether(facts));
  const open = openRequest(talk.id, agent);
  if (open) await record(stoppedRequest(talk.id, agent, open, error));
  await answerStopped(talk.id, foldSession(log.events, talk.id), { agent, read, record });
  const message = said === "" ? null : putMessage(log, { role: "assistant", text: said, calls: [] });
  const note = putMessage(log, { role: "user", origin: "harness", text: "claw: the person stopped you here." });
  await record(
    { type: "turn.interrupted", session: talk.id, by: talk.by, said: message },
    { type: "message.added", session: talk.id, about: "note", message: note },
  );
}

/** The request that has no answer on record. */
function openRequest(session: string, { log }: Agent): (EventOf<"model.requested"> & { readonly at: number }) | null {
  const last = log.events.findLast(
    (event) =>
      ["model.requested", "model.replied", "model.failed", "model.waited"].includes(event.type) &&
      "session" in event &&
      event.session === session,
  );
  return last?.type === "model.requested" ? last : null;
}

/** No server writes faster than this, thoughts included: tokens a second. */
const FASTEST = 400;

/**
 * A request that was stopped costs at most its input and what can have been written since it was sent: a cloud server does
 * not say. Without a known price all that was reserved counts.
 */
function stoppedRequest(
  session: string,
  { model, clock, log }: Agent,
  { turn, bytes, at }: EventOf<"model.requested"> & { readonly at: number },
  error: unknown,
): Event {
  const written = Math.ceil((FASTEST * Math.max(0, clock.now() - at)) / 1000) + FASTEST;
  const input = bytes === undefined ? null : mostTokens(log.events, session, bytes);
  const cost = input === null ? null : model.ceiling(input, Math.min(written, model.info.maxOutputTokens), clock.now());
  const reason = error instanceof ModelError ? error.message : "a person stopped the request";
  return {
    type: "model.failed",
    session,
    turn,
    kind: "aborted",
    reason,
    billable: true,
    ...(cost !== null && { cost }),
  };
}

/** Shortens the session because a person wants it. False where nothing could be left out. */
export async function shortenNow(session: string, agent: Agent, signal: AbortSignal): Promise<boolean> {
  const { log } = agent;
  const read = transcriptReader(log);
  let state = foldSession(log.events, session);
  const record = async (event: Event): Promise<void> => {
    for (const recorded of await log.appendTogether([event])) state = applyToSession(state, session, recorded);
  };
  const before = state.context.compactions;
  const desk = { agent, read, record, note: () => Promise.resolve(), signal, spent: () => foldSpend(log.events) };
  // A summary is asked for in the first round and used in the second.
  for (let round = 0; round < 2 && state.context.compactions === before; round += 1)
    if ((await makeRoom(session, state, desk, "asked")) !== "made") break;
  return state.context.compactions > before;
}
