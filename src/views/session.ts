import { applyToContext, type ContextState, emptyContext } from "./context.ts";
import type { EventOf, Recorded, Sha } from "../ledger/events.ts";

/** One finished call, as stuck detection sees it. */
export interface Trace {
  readonly turn: number;
  readonly tool: string;
  readonly ok: boolean;
  readonly signature: string;
}

/** A session's whole state: what the loop knows, whether it has just begun, goes on, or was interrupted. */
export interface SessionState {
  readonly started: boolean;
  /** Bodies of the transcript, in order. */
  readonly messages: readonly Sha[];
  readonly turns: number;
  /** Finished calls, in all. */
  readonly calls: number;
  /** Calls of the last reply that have no result yet. */
  readonly pending: readonly string[];
  /** Pending calls that were allowed before a crash: nobody knows whether they ran. */
  readonly inDoubt: readonly string[];
  /** The last reply, whose calls are pending. */
  readonly lastReply: Sha | null;
  readonly ended: EventOf<"session.ended"> | null;
  /** Calls since the session began or was last told that it goes in circles. */
  readonly trace: readonly Trace[];
  /** The last reply called no tool, and nobody has answered it yet. */
  readonly unanswered: boolean;
  /** Replies in a row that called no tool, since the last such telling. */
  readonly wordsOnly: number;
  /** Turns in a row in which nothing was edited and nothing finished, since the last such telling. */
  readonly idleTurns: number;
  readonly stuckWarnings: number;
  readonly budgetWarned: boolean;
  readonly context: ContextState;
}

export const newSession: SessionState = {
  started: false,
  messages: [],
  turns: 0,
  calls: 0,
  pending: [],
  inDoubt: [],
  lastReply: null,
  ended: null,
  trace: [],
  unanswered: false,
  wordsOnly: 0,
  idleTurns: 0,
  stuckWarnings: 0,
  budgetWarned: false,
  context: emptyContext,
};

/** One event forward; events of other sessions change nothing. */
export function applyToSession(state: SessionState, id: string, event: Recorded): SessionState {
  if (!("session" in event) || event.session !== id) return state;
  const next = applyToTranscript(state, event);
  const context = applyToContext(state.context, event, { messages: next.messages.length, turns: next.turns });
  return context === state.context ? next : { ...next, context };
}

function applyToTranscript(state: SessionState, event: Recorded): SessionState {
  switch (event.type) {
    case "session.started":
      return { ...state, started: true };
    case "session.ended":
      return { ...state, ended: event };
    case "message.added":
      return addMessage(state, event);
    case "session.compacted":
      return { ...state, messages: event.transcript.map(({ message }) => message) };
    case "model.replied":
      if (event.purpose === "summary") return state;
      return {
        ...state,
        messages: [...state.messages, event.message],
        lastReply: event.message,
        turns: state.turns + 1,
        pending: event.calls.map(({ id: call }) => call),
        unanswered: event.calls.length === 0,
        wordsOnly: event.calls.length === 0 ? state.wordsOnly + 1 : 0,
        idleTurns: state.idleTurns + 1,
      };
    case "call.judged":
      return event.verdict === "allow" ? { ...state, inDoubt: [...state.inDoubt, event.call] } : state;
    case "call.finished":
      return {
        ...state,
        messages: [...state.messages, event.message],
        calls: state.calls + 1,
        pending: state.pending.filter((call) => call !== event.call),
        inDoubt: state.inDoubt.filter((call) => call !== event.call),
        trace: [...state.trace, { turn: state.turns, tool: event.tool, ok: event.ok, signature: event.signature }],
        idleTurns: (event.ok && event.tool === "edit") || event.tool === "finish" ? 0 : state.idleTurns,
      };
    default:
      return state;
  }
}

function addMessage(state: SessionState, event: EventOf<"message.added">): SessionState {
  const next = { ...state, unanswered: false, messages: [...state.messages, event.message] };
  if (event.about === "budget") return { ...next, budgetWarned: true };
  if (event.about !== "stuck") return next;
  return { ...next, trace: [], wordsOnly: 0, idleTurns: 0, stuckWarnings: state.stuckWarnings + 1 };
}

export const foldSession = (events: readonly Recorded[], id: string): SessionState =>
  events.reduce((state, event) => applyToSession(state, id, event), newSession);
