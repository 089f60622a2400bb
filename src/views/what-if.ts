import type { EventOf, Recorded } from "../ledger/events.ts";
import { tierFactor } from "../service-tiers.ts";
import { latest, ofType } from "./run.ts";

/** What the same requests would have cost at one service tier, in nano-dollars; null where no price of it is known. */
export interface WhatIf {
  readonly default: number | null;
  readonly flex: number | null;
  readonly fast: number | null;
}

/**
 * The run's replies at other service tiers: what each cost, taken back to the listed price, times the factor of the tier.
 * Null for what no tier sells: one's own server, recorded replies, a run in which nothing was paid, and models without other tiers.
 */
export function whatIf(events: readonly Recorded[]): WhatIf | null {
  const terms = latest(events, "run.started")?.prices?.terms.kind;
  if (terms === "own-server" || terms === "recorded" || terms === "hourly") return null;
  const asked = latest(events, "run.started")?.model?.model ?? "";
  const replies = ofType(events, "model.replied");
  const at = (tier: string): number | null =>
    replies.reduce<number | null>((sum, reply) => {
      const cost = costAt(reply, tier, asked);
      return sum === null || cost === null ? null : sum + cost;
    }, 0);
  const found = { default: at("default"), flex: at("flex"), fast: at("fast") };
  return found.default === 0 || (found.flex === null && found.fast === null) ? null : found;
}

function costAt(
  { cost, servedTier, servedModel }: EventOf<"model.replied">,
  tier: string,
  asked: string,
): number | null {
  const factor = (name: string | null): number | null => tierFactor(name, servedModel) ?? tierFactor(name, asked);
  const [was, would] = [factor(servedTier), factor(tier)];
  return cost === null || was === null || would === null ? null : Math.round((cost / was) * would);
}
