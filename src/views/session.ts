import { applyToContext, type ContextState, emptyContext } from "./context.ts";
import { isEdit } from "./edits.ts";
import { asksForMore } from "./finishes.ts";
import type { EventOf, Recorded, Sha } from "../ledger/events.ts";

/** One finished call, as stuck detection sees it. */
export interface Trace {
  readonly turn: number;
  readonly tool: string;
  readonly ok: boolean;
  /** Of the call and what it saw; and of the call alone. */
  readonly signature: string;
  readonly asked: string;
  /** Number of the call within the session, from 1. */
  readonly number: number;
}

/** A way in which the tests fail, and the different edits that did not change it. */
interface Failures {
  readonly failing: string;
  readonly edits: number;
  /** Edits that were seen to change nothing, and those since the tests were last run. */
  readonly tried: readonly string[];
  readonly untried: readonly string[];
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
  /** Replies in a row whose calls could all not be read. */
  readonly unreadable: number;
  /** Turns in a row in which neither the code nor the tests' result changed, since the last such telling. */
  readonly idleTurns: number;
  /** The session has changed the code. */
  readonly edited: boolean;
  /** How the tests failed when they were last seen; null before, and when they pass. */
  readonly failures: Failures | null;
  /** Calls that failed and did not succeed since, by what they asked for: one that succeeds now is progress. */
  readonly failed: readonly string[];
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
  unreadable: 0,
  idleTurns: 0,
  edited: false,
  failures: null,
  failed: [],
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
    case "turn.interrupted":
      return {
        ...state,
        messages: event.said === null ? state.messages : [...state.messages, event.said],
        unanswered: false,
      };
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
        unreadable:
          event.calls.length > 0 && event.calls.every(({ error }) => error !== undefined) ? state.unreadable + 1 : 0,
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
        ...progress(state, event),
      };
    default:
      return state;
  }
}

function addMessage(state: SessionState, event: EventOf<"message.added">): SessionState {
  const next = { ...state, unanswered: false, messages: [...state.messages, event.message] };
  if (event.about === "budget") return { ...next, budgetWarned: true };
  if (event.about !== "stuck" && event.about !== "person") return next;
  const failures = state.failures && { ...state.failures, edits: 0 };
  const context = { ...next.context, fruitless: 0 };
  const fresh = { trace: [], wordsOnly: 0, unreadable: 0, idleTurns: 0, failures, context };
  // What a person says is a new idea by itself.
  return { ...next, ...fresh, stuckWarnings: event.about === "person" ? 0 : state.stuckWarnings + 1 };
}

/** The most calls that are looked back at, and the most failed ones that are remembered. */
const LOOKED_BACK = 200;
const REMEMBERED = 50;

/** What one finished call says about whether the session moves. */
function progress(state: SessionState, event: EventOf<"call.finished">): Partial<SessionState> {
  const { tool, ok, signature, asked = signature, failing } = event;
  const one = { turn: state.turns, tool, ok, signature, asked, number: state.calls + 1 };
  const changed = isEdit(tool) && ok;
  const healed = ok && state.failed.includes(asked);
  const failures = failuresAfter(state.failures, { signature, changed, failing, healed });
  const failed = ok ? state.failed.filter((other) => other !== asked) : [...state.failed, asked].slice(-REMEMBERED);
  const moved = changed || tool === "finish" || healed || failures?.failing !== state.failures?.failing;
  return {
    trace: [...state.trace, one].slice(-LOOKED_BACK),
    idleTurns: moved ? 0 : state.idleTurns,
    edited: state.edited || changed,
    failures,
    failed,
    ...((healed || passes(event)) && { context: { ...state.context, fruitless: 0 } }),
  };
}

/** claw's own check passed, and it asks for one thing more. */
const passes = ({ tool, why }: EventOf<"call.finished">): boolean =>
  tool === "finish" && why !== undefined && asksForMore(why);

interface Seen {
  readonly signature: string;
  readonly changed: boolean;
  readonly failing: string | null | undefined;
  readonly healed: boolean;
}

/** An edit counts when the tests were run after it and failed as before; the same edit counts once. */
function failuresAfter(before: Failures | null, { signature, changed, failing, healed }: Seen): Failures | null {
  if (changed) return before && { ...before, untried: [...before.untried, signature] };
  if (healed) return null;
  if (failing === undefined || failing === null) return before;
  if (before?.failing !== failing) return { failing, edits: 0, tried: [], untried: [] };
  const another = before.untried.some((edit) => !before.tried.includes(edit));
  const tried = [...before.tried, ...before.untried].slice(-REMEMBERED);
  return { failing, edits: before.edits + (another ? 1 : 0), tried, untried: [] };
}

export const foldSession = (events: readonly Recorded[], id: string): SessionState =>
  events.reduce((state, event) => applyToSession(state, id, event), newSession);
