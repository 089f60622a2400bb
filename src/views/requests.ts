import type { Recorded, Sha } from "../ledger/events.ts";
import { applyToSession, newSession, type SessionState } from "./session.ts";

/** One request to a model: the bodies it was made of. */
export interface ModelRequest {
  readonly session: string;
  /** From 1, within the session. */
  readonly turn: number;
  /** Number of the event that announces it. */
  readonly event: number;
  /** Bodies of its messages, in order. */
  readonly messages: readonly Sha[];
  /** Body of the tools the session has. */
  readonly tools: Sha | null;
}

/**
 * Every request of a run that was a turn of a session, in order; of one that was sent again after a failure, the last.
 * A session that was shortened on the way is sent what it was shortened to.
 */
export function requestsOf(events: readonly Recorded[]): readonly ModelRequest[] {
  const sessions = new Map<string, SessionState>();
  const tools = new Map<string, Sha>();
  const requests = new Map<string, ModelRequest>();
  for (const event of events) {
    if (!("session" in event)) continue;
    const { session, seq } = event;
    const state = applyToSession(sessions.get(session) ?? newSession, session, event);
    sessions.set(session, state);
    if (event.type === "session.started") tools.set(session, event.tools);
    if (event.type !== "model.requested" || event.purpose !== undefined) continue;
    const messages = state.messages.slice(0, event.messages);
    const request = { session, turn: event.turn, event: seq, messages, tools: tools.get(session) ?? null };
    requests.set(`${session} ${event.turn}`, request);
  }
  return [...requests.values()].sort((a, b) => a.event - b.event);
}
