import type { Recorded } from "../../ledger/events.ts";
import { applyToSpend, nothingSpent, type Spend } from "../../views/spend.ts";

/** What the record says of a session, as far as its screen shows it; times in milliseconds since the epoch. */
export interface SessionFacts {
  readonly run: string;
  readonly model: string;
  readonly spend: Spend;
  readonly usdNano: number | null;
  /** Tokens: what the model can read at once, and what the session has of it. Null where nobody knows. */
  readonly window: number | null;
  readonly tokens: number | null;
  /** How well commands are contained; null before the sandbox is open. */
  readonly sandbox: string | null;
  /** Changes go into the person's own files as they come. */
  readonly inPlace: boolean;
  /** The model is asked, or waited for, and then why. */
  readonly asking: { readonly since: number; readonly until: number | null; readonly why?: string } | null;
  readonly call: RunningCall | null;
}

interface RunningCall {
  readonly call: string;
  readonly tool: string;
  readonly summary: string;
  readonly since: number;
}

export const newFacts = (model: string, usdNano: number | null): SessionFacts => ({
  run: "",
  model,
  spend: nothingSpent,
  usdNano,
  window: null,
  tokens: null,
  sandbox: null,
  inPlace: false,
  asking: null,
  call: null,
});

/** One event forward. */
export function applyToFacts(before: SessionFacts, event: Recorded): SessionFacts {
  const facts = { ...before, spend: applyToSpend(before.spend, event) };
  switch (event.type) {
    case "run.started":
      return { ...facts, model: event.model?.label ?? facts.model, usdNano: event.limits.usdNano };
    case "model.chosen":
      return { ...facts, model: event.label };
    case "budget.changed":
      return { ...facts, usdNano: event.usdNano };
    case "model.described":
      return { ...facts, window: event.window };
    case "sandbox.opened":
      return { ...facts, sandbox: event.level ?? "none" };
    case "effect.done":
      return event.effect === "in-place" ? { ...facts, inPlace: true } : facts;
    case "model.requested":
      return { ...facts, asking: { since: event.at, until: null }, call: null };
    case "model.waited":
      return { ...facts, asking: { since: event.at, until: event.until, why: event.reason } };
    case "model.failed":
      return { ...facts, asking: null };
    case "model.replied": {
      const { inputUncached, inputCacheRead, inputCacheWrite, outputVisible } = event.usage;
      const tokens = inputUncached + inputCacheRead + inputCacheWrite + outputVisible;
      return { ...facts, asking: null, ...(event.purpose === undefined && { tokens }) };
    }
    case "session.compacted":
      return { ...facts, tokens: event.after.tokens };
    case "call.judged":
      return event.verdict === "deny"
        ? facts
        : { ...facts, call: { call: event.call, tool: event.tool, summary: event.summary, since: event.at } };
    case "call.finished":
      return { ...facts, call: null };
    case "turn.ended":
    case "run.paused":
    case "run.ended":
      return { ...facts, asking: null, call: null };
    default:
      return facts;
  }
}
