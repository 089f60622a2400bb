import type { EventOf } from "../ledger/events.ts";
import type { Agent } from "./agent.ts";
import type { Limit } from "./ask.ts";

type Bounded = Pick<Agent, "role">;

/** What ends a session that wants to make a call over the number that its role file allows; null while it may. */
export function callLimit({ role: { bounds } }: Bounded, number: number): string | null {
  if (bounds === undefined || bounds.maxCalls === null || number <= bounds.maxCalls) return null;
  return `tool_limit: ${bounds.path} allows ${bounds.maxCalls} calls (max_tool_calls_per_task)`;
}

/** A request that is larger than the role file allows; null for one that fits. */
export function contextLimit({ role: { bounds } }: Bounded, inputTokens: number): Limit | null {
  if (bounds === undefined || bounds.maxContextTokens === null || inputTokens <= bounds.maxContextTokens) return null;
  const { path, maxContextTokens } = bounds;
  const detail = `the next request has about ${inputTokens} tokens, and ${path} allows ${maxContextTokens} (max_context_tokens)`;
  return { limit: "tokens", detail };
}

/** Fires when the session has had the time that its role file gives it, counted from its first event. */
export function sessionTime(
  { role: { bounds }, log, clock }: Pick<Agent, "role" | "log" | "clock">,
  id: string,
): AbortSignal {
  if (bounds === undefined || bounds.timeoutMs === null) return new AbortController().signal;
  const started = log.events.find((event) => event.type === "session.started" && event.session === id);
  const used = started ? clock.now() - started.at : 0;
  return AbortSignal.timeout(Math.max(0, bounds.timeoutMs - used));
}

/** The end of a session whose time is up. */
export const timeIsUp = (session: string, { role: { bounds } }: Bounded): EventOf<"session.ended"> => ({
  type: "session.ended",
  session,
  reason: "over-budget",
  detail: `${bounds?.path} gives it ${(bounds?.timeoutMs ?? 0) / 1000} s (timeout_seconds)`,
});
