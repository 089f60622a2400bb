import { Overdrawn } from "../errors.ts";
import type { Event, EventOf } from "../ledger/events.ts";
import type { Message } from "../ledger/message.ts";
import type { Model, ModelRequest, Reply } from "../models/model.ts";
import { ModelError } from "../models/model-error.ts";
import { withRetry } from "../models/retry.ts";
import { otherModel } from "../models/served.ts";
import { type Sent, silentlyCut } from "../models/silent-cut.ts";
import { budgetOfScope, overdrawnText } from "../policy/budgets.ts";
import { mostTokens } from "../views/input-bound.ts";
import { latest, ofType } from "../views/run.ts";
import type { SessionState } from "../views/session.ts";
import { exceeded, nearlySpent, type Spend } from "../views/spend.ts";
import type { Agent } from "./agent.ts";
import { contextLimit } from "./bounds.ts";
import { costOf, costOfFailure } from "./charge.ts";
import { exchangeOfFailure, exchangeOfReply } from "./exchange.ts";
import { loadPrompt } from "./prompt.ts";
import { putMessage } from "./transcript.ts";

export interface Asking {
  readonly agent: Agent;
  readonly read: (shas: readonly string[]) => Promise<Message[]>;
  readonly record: (event: Event) => Promise<void>;
  readonly note: (about: "budget" | "smaller", text: string) => Promise<void>;
  /** What the run has spent by now. */
  readonly spent: () => Spend;
  readonly signal: AbortSignal;
}

/** Bytes of JSON a token stands for, on average: for the limit on tokens, never for money. */
const BYTES_PER_TOKEN = 3.6;

/** The limit that the next request could pass. */
export type Limit = Required<Pick<EventOf<"session.ended">, "limit" | "detail">>;

/** A request that is about to be sent, and the most it may use. */
interface Turn {
  readonly session: string;
  readonly turn: number;
  readonly request: ModelRequest;
  /** Tokens it probably has. */
  readonly inputTokens: number;
  /** Size of its messages and tools as JSON. */
  readonly bytes: number;
  /** The most it may cost, in nano-dollars; null when the price is not known. */
  readonly reserved: number | null;
  /** How often it has been sent by now. */
  attempts: number;
  /** Set when it is no turn of the session. */
  readonly purpose?: "summary";
}

/** One turn: the budget is reserved before the request and settled after it. Returns the limit in the way, if there is one. */
export async function ask(session: string, state: SessionState, desk: Asking): Promise<Limit | null> {
  const { limits } = desk.agent;
  const turn = await nextTurn(session, state, desk);
  const limit = limitInTheWay(turn, desk);
  if (limit) return limit;
  if (!state.budgetWarned && nearlySpent(desk.spent(), limits)) {
    await desk.note("budget", "claw: less than 15 % of the budget is left. Finish with what is verified.");
    return null;
  }
  try {
    const reply = await together(send(turn, desk), desk.agent.keep?.());
    await recordReply(turn, reply, desk);
    return null;
  } catch (error) {
    if (error instanceof LimitReached) return error.reached;
    if (error instanceof Overdrawn) return { limit: budgetOfScope(error.scope), detail: overdrawnText(error) };
    if (error instanceof ModelError && !desk.signal.aborted) {
      await recordFailure(turn, error, desk);
      // The record has it now: room is made before the next request, or the session ends for want of it.
      if (error.kind === "context_overflow") return null;
      if (error.kind === "tool_parse_server" && !toldSmaller(session, desk)) {
        await desk.note(
          "smaller",
          "claw: the server could not read your call. Make smaller edits, one call in a reply.",
        );
        return null;
      }
    }
    throw error;
  }
}

/** Was it said before that calls should be smaller? Once is enough. */
const toldSmaller = (id: string, { agent }: Asking): boolean =>
  ofType(agent.log.events, "message.added").some(({ session, about }) => session === id && about === "smaller");

/** Both, to their end: nothing goes on behind the back of what comes next. The first one's failure comes first. */
async function together<T>(one: Promise<T>, other: Promise<void> | undefined): Promise<T> {
  const [first, second] = await Promise.allSettled([one, other]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return first.value;
}

/** Room for a summary of 900 words, and for models that think before they write. */
const SUMMARY_TOKENS = 4_000;

/**
 * Asks for a summary of the session, without tools. It goes on record as what it is, and into the transcript only with
 * the compaction that uses it. A request that fails, or that no budget allows, leaves the session without one.
 */
export async function askSummary(
  session: string,
  state: SessionState,
  transcript: readonly Message[],
  desk: Asking,
): Promise<void> {
  const wish: Message = { role: "user", origin: "harness", text: (await loadPrompt("summary")).text };
  const { model } = desk.agent;
  const room = Math.min(SUMMARY_TOKENS, model.info.maxOutputTokens);
  const turn = {
    ...turnOf({ session, turn: state.turns }, { messages: [...transcript, wish], tools: [], room }, desk),
    purpose: "summary" as const,
  };
  try {
    await recordReply(turn, await send(turn, desk), desk);
  } catch (error) {
    if (desk.signal.aborted) throw error;
    if (error instanceof LimitReached || error instanceof Overdrawn) {
      const reason = error.message;
      return desk.record({
        type: "model.failed",
        session,
        turn: turn.turn,
        kind: "budget",
        reason,
        billable: false,
        purpose: "summary",
      });
    }
    if (!(error instanceof ModelError)) throw error;
    await recordFailure(turn, error, desk);
  }
}

const nextTurn = async (session: string, state: SessionState, desk: Asking): Promise<Turn> =>
  turnOf(
    { session, turn: state.turns + 1 },
    {
      messages: await desk.read(state.messages),
      tools: desk.agent.tools.map(({ spec }) => spec),
      room: desk.agent.model.info.maxOutputTokens,
    },
    desk,
  );

function turnOf(
  { session, turn }: Pick<Turn, "session" | "turn">,
  { messages, tools, room }: Pick<ModelRequest, "messages" | "tools"> & { readonly room: number },
  { agent }: Asking,
): Turn {
  const { model, clock } = agent;
  const request: ModelRequest = {
    session: agent.role.kind,
    messages,
    tools,
    maxOutputTokens: room,
    cacheKey: `claw:${agent.log.run}`,
  };
  const bytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools]));
  const inputTokens = Math.ceil(bytes / BYTES_PER_TOKEN);
  const most = mostTokens(agent.log.events, session, bytes);
  const reserved = model.ceiling(most, request.maxOutputTokens, clock.now());
  return { session, turn, request, inputTokens, bytes, reserved, attempts: 0 };
}

/** The budget does not allow the next attempt. */
class LimitReached extends Error {
  readonly reached: Limit;
  constructor(reached: Limit) {
    super(reached.detail);
    this.reached = reached;
  }
}

const limitInTheWay = ({ reserved, inputTokens }: Turn, { agent, spent }: Asking): Limit | null =>
  exceeded(spent(), agent.limits, { nano: reserved, inputTokens }) ?? contextLimit(agent, inputTokens);

/** Asks until there is a complete reply. Each attempt is reserved by itself, right before it is sent: a failed one may have been billed. */
function send(turn: Turn, desk: Asking): Promise<Reply> {
  const { agent, record, signal } = desk;
  const { session, request, inputTokens, bytes, reserved } = turn;
  const reserving: Model = async (...asked) => {
    const limit = limitInTheWay(turn, desk);
    if (limit) throw new LimitReached(limit);
    const messages = request.messages.length;
    await record({
      type: "model.requested",
      session,
      turn: turn.turn,
      messages,
      inputTokens,
      reserved,
      bytes,
      ...(turn.purpose && { purpose: turn.purpose }),
    });
    turn.attempts += 1;
    const reply = await agent.model.ask(...asked);
    const wrong =
      otherModel(reply, agent.model, servedBefore(turn, agent)) ??
      silentlyCut(reply, bytes, sentBefore(turn, agent), agent.model);
    if (wrong) throw wrong;
    return reply;
  };
  const patient = withRetry(reserving, {
    clock: agent.clock,
    sleep: (ms, stop) => agent.clock.sleep(ms, stop),
    random: () => agent.clock.random(),
    deadline: agent.deadline,
    outageMs: agent.outageMs ?? null,
    most: agent.role.bounds?.maxRetries ?? null,
    multiplier: agent.role.bounds?.backoffMultiplier ?? null,
    onWait: async ({ error, until }) => {
      await recordFailure(turn, error, desk);
      const reason = error.message;
      await record({ type: "model.waited", session, kind: error.kind, reason, until: Math.round(until) });
    },
  });
  return patient(request, signal, agent.onDelta);
}

/** The session's last request that was answered, and what was read of it. */
function sentBefore({ session }: Turn, { log }: Agent): Sent | null {
  const since = chosenAt(log);
  const answered = ofType(log.events, "model.replied").findLast(
    (reply) => reply.session === session && reply.seq > since,
  );
  const asked = ofType(log.events, "model.requested").findLast(
    (request) => request.session === session && answered !== undefined && request.seq < answered.seq,
  );
  return answered && asked?.bytes !== undefined ? { bytes: asked.bytes, usage: answered.usage } : null;
}

/** Who gave the first reply of this session since its model was chosen. */
const servedBefore = ({ session }: Turn, { log }: Agent): string | undefined =>
  ofType(log.events, "model.replied").find(
    (reply) => reply.session === session && reply.servedModel !== "" && reply.seq > chosenAt(log),
  )?.servedModel;

/** Number of the event by which a person chose the model that answers now; -1 when they never did. */
const chosenAt = ({ events }: Agent["log"]): number => latest(events, "model.chosen")?.seq ?? -1;

function recordFailure(
  { session, turn, attempts, purpose }: Turn,
  error: ModelError,
  { agent, record }: Asking,
): Promise<void> {
  const cost = costOfFailure(session, error, agent);
  return record({
    type: "model.failed",
    session,
    turn,
    kind: error.kind,
    reason: error.message,
    billable: error.usage !== null,
    ...(cost !== null && { cost }),
    ...exchangeOfFailure(agent.log, error, attempts),
    ...(purpose && { purpose }),
  });
}

function recordReply(
  { session, turn, reserved, attempts, purpose }: Turn,
  reply: Reply,
  { agent, record }: Asking,
): Promise<void> {
  const message = putMessage(agent.log, reply.message);
  return record({
    type: "model.replied",
    session,
    turn,
    message,
    calls: reply.message.calls.map(({ id, name, error, repairs }) => ({
      id,
      name,
      repairs,
      ...(error !== undefined && { error }),
    })),
    stop: reply.stop,
    usage: reply.usage,
    cost: costOf(reply, reserved, agent),
    servedModel: reply.servedModel,
    servedTier: reply.servedTier,
    requestId: reply.requestId,
    firstByteMs: reply.firstByteMs,
    ms: reply.ms,
    ...(reply.queuedMs !== undefined && { queuedMs: reply.queuedMs }),
    ...(reply.places && { places: reply.places }),
    ...exchangeOfReply(agent.log, reply, message, attempts),
    ...(purpose && { purpose }),
  });
}
