import type { Event } from "../ledger/events.ts";
import type { Message } from "../ledger/message.ts";
import type { ModelRequest } from "../models/model.ts";
import { ModelError } from "../models/model-error.ts";
import { withRetry } from "../models/retry.ts";
import type { SessionState } from "../views/session.ts";
import { exceeded, nearlySpent, type Spend } from "../views/spend.ts";
import type { Agent } from "./agent.ts";
import { putMessage } from "./transcript.ts";

export interface Asking {
  readonly agent: Agent;
  readonly read: (shas: readonly string[]) => Promise<Message[]>;
  readonly record: (event: Event) => Promise<void>;
  readonly note: (about: "budget", text: string) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Bytes of JSON a token stands for, on average: only for reserving, never for billing. */
const BYTES_PER_TOKEN = 3.6;

/** One turn: the budget is reserved before the request and settled after it. Returns the limit in the way, if there is one. */
export async function ask(session: string, state: SessionState, spend: Spend, desk: Asking): Promise<string | null> {
  const { agent, record, signal } = desk;
  const { model, clock, limits } = agent;
  const request: ModelRequest = {
    session: agent.role.kind,
    messages: await desk.read(state.messages),
    tools: agent.tools.map(({ spec }) => spec),
    maxOutputTokens: model.info.maxOutputTokens,
    cacheKey: `claw:${agent.log.run}`,
  };
  const inputTokens = Math.ceil(Buffer.byteLength(JSON.stringify([request.messages, request.tools])) / BYTES_PER_TOKEN);
  const reserved = model.ceiling(inputTokens, request.maxOutputTokens, clock.now());
  const limit = exceeded(spend, limits, { nano: reserved, inputTokens });
  if (limit) return limit;
  if (!state.budgetWarned && nearlySpent(spend, limits)) {
    await desk.note("budget", "claw: less than 15 % of the budget is left. Finish with what is verified.");
    return null;
  }

  const turn = state.turns + 1;
  const requested: Event = {
    type: "model.requested",
    session,
    turn,
    messages: request.messages.length,
    inputTokens,
    reserved,
  };
  const failed = (error: ModelError): Promise<void> =>
    record({
      type: "model.failed",
      session,
      turn,
      kind: error.kind,
      reason: error.message,
      billable: error.usage !== null,
    });
  const patient = withRetry(model.ask, {
    clock,
    sleep: (ms, stop) => clock.sleep(ms, stop),
    random: () => clock.random(),
    deadline: agent.deadline,
    onWait: async ({ error, until }) => {
      await failed(error);
      await record({
        type: "model.waited",
        session,
        kind: error.kind,
        reason: error.message,
        until: Math.round(until),
      });
      await record(requested);
    },
  });

  await record(requested);
  try {
    const reply = await patient(request, signal, agent.onDelta);
    await record({
      type: "model.replied",
      session,
      turn,
      message: putMessage(agent.log, reply.message),
      calls: reply.message.calls.map(({ id, name, error, repairs }) => ({
        id,
        name,
        repairs,
        ...(error !== undefined && { error }),
      })),
      stop: reply.stop,
      usage: reply.usage,
      cost: model.price(reply.usage, clock.now(), reply.servedTier),
      servedModel: reply.servedModel,
      servedTier: reply.servedTier,
      requestId: reply.requestId,
      firstByteMs: reply.firstByteMs,
      ms: reply.ms,
    });
    return null;
  } catch (error) {
    if (error instanceof ModelError && !signal.aborted) {
      await failed(error);
      if (error.kind === "context_overflow")
        return `the session no longer fits into the model's context: ${error.message}`;
    }
    throw error;
  }
}
