import type { Recorded } from "../ledger/events.ts";

/** What a run has used so far. Money in integer nano-dollars. */
export interface Spend {
  readonly turns: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** The priced part, settled. */
  readonly settled: number;
  /** By session: reserved for a request that has no answer yet, null when its price is not known. After a crash it counts as spent. */
  readonly reserved: Readonly<Record<string, number | null>>;
  /** Something was used whose price is not known: the sum is then a lower bound, and shown as unpriced. */
  readonly unpriced: boolean;
}

export const nothingSpent: Spend = {
  turns: 0,
  inputTokens: 0,
  cachedTokens: 0,
  outputTokens: 0,
  settled: 0,
  reserved: {},
  unpriced: false,
};

/** One event forward. */
export function applyToSpend(spend: Spend, event: Recorded): Spend {
  switch (event.type) {
    case "model.requested": {
      // A request that never got an answer, because the process died, may have been billed.
      const { reserved, ...settled } = settle(spend, event.session);
      return { ...settled, reserved: { ...reserved, [event.session]: event.reserved } };
    }
    case "model.failed":
      return event.billable ? settle(spend, event.session, event.cost) : release(spend, event.session);
    case "model.replied": {
      const { usage } = event;
      // A reply whose tier has no known price cost something: at least for the limits it counts as all that was reserved.
      const cost = event.cost ?? spend.reserved[event.session] ?? 0;
      return {
        turns: spend.turns + 1,
        inputTokens: spend.inputTokens + usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite,
        cachedTokens: spend.cachedTokens + usage.inputCacheRead,
        outputTokens: spend.outputTokens + usage.outputVisible + usage.outputReasoning,
        settled: spend.settled + cost,
        reserved: release(spend, event.session).reserved,
        unpriced: spend.unpriced || event.cost === null,
      };
    }
    default:
      return spend;
  }
}

const release = (spend: Spend, session: string): Spend => ({ ...spend, reserved: { ...spend.reserved, [session]: 0 } });

/** Takes a session's reservation for spent, or what it is known to have cost. */
function settle(spend: Spend, session: string, cost?: number): Spend {
  const { [session]: reserved = 0 } = spend.reserved;
  const lost = cost ?? reserved;
  const { settled, unpriced } = spend;
  return { ...release(spend, session), settled: settled + (lost ?? 0), unpriced: unpriced || lost === null };
}

export const foldSpend = (events: readonly Recorded[]): Spend => events.reduce(applyToSpend, nothingSpent);

/** Settled plus reserved, in nano-dollars. */
export const committed = (spend: Spend): number =>
  spend.settled + Object.values(spend.reserved).reduce<number>((sum, nano) => sum + (nano ?? 0), 0);

/** The cost as it may be shown: null when any part of it has no known price. */
export const shownCost = (spend: Spend): number | null => (spend.unpriced ? null : committed(spend));

export interface RunLimits {
  /** Null: no limit in money. */
  readonly usdNano: number | null;
  readonly turns: number;
  readonly tokens: number;
  readonly wallMs: number;
  readonly attempts: number;
}

/** A limit that the next request could pass. */
export interface Reached {
  readonly limit: "run" | "turns" | "tokens";
  /** In words. */
  readonly detail: string;
}

/** The first limit of the run that the next request could pass; null while all hold. `next` is that request's upper bound. */
export function exceeded(
  spend: Spend,
  limits: RunLimits,
  next: { readonly nano: number | null; readonly inputTokens: number },
): Reached | null {
  if (spend.turns >= limits.turns) return { limit: "turns", detail: `${limits.turns} turns used` };
  const tokens = spend.inputTokens + spend.outputTokens;
  if (tokens + next.inputTokens > limits.tokens)
    return {
      limit: "tokens",
      detail: `${tokens} of ${limits.tokens} tokens used; the next request does not fit`,
    };
  if (limits.usdNano !== null && next.nano !== null && committed(spend) + next.nano > limits.usdNano) {
    const usd = (nano: number) => `$${(nano / 1e9).toFixed(4)}`;
    const detail = `${usd(committed(spend))} of ${usd(limits.usdNano)} spent; the next request may cost up to ${usd(next.nano)}`;
    return { limit: "run", detail };
  }
  return null;
}

/** Has more than 85 % of any limit been used? Then the model is told, once. */
export function nearlySpent(spend: Spend, limits: RunLimits): boolean {
  const shares = [
    spend.turns / limits.turns,
    (spend.inputTokens + spend.outputTokens) / limits.tokens,
    limits.usdNano === null ? 0 : committed(spend) / Math.max(1, limits.usdNano),
  ];
  return shares.some((share) => share >= 0.85);
}
