import type { Recorded, Sha } from "../ledger/events.ts";

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

/** Every request of a run, in order; of one that was sent again after a failure, the last. */
export function requestsOf(events: readonly Recorded[]): readonly ModelRequest[] {
  const messages = new Map<string, Sha[]>();
  const tools = new Map<string, Sha>();
  const requests = new Map<string, ModelRequest>();
  for (const event of events) {
    if (event.type === "session.started") tools.set(event.session, event.tools);
    if (event.type === "message.added" || event.type === "model.replied" || event.type === "call.finished") {
      messages.set(event.session, [...(messages.get(event.session) ?? []), event.message]);
    }
    if (event.type !== "model.requested") continue;
    const { session, turn, seq } = event;
    const sent = (messages.get(session) ?? []).slice(0, event.messages);
    requests.set(`${session} ${turn}`, {
      session,
      turn,
      event: seq,
      messages: sent,
      tools: tools.get(session) ?? null,
    });
  }
  return [...requests.values()].sort((a, b) => a.event - b.event);
}
