import type { ModelError } from "../models/model-error.ts";
import type { Reply } from "../models/model.ts";
import type { Agent } from "./agent.ts";

/**
 * What a reply is settled at, in nano-dollars. Where a cloud server did not say what it used, all that was reserved
 * counts: a guess could be less than the bill.
 */
export function costOf(
  { usage, servedTier, servedModel, ms }: Reply,
  reserved: number | null,
  { model, clock }: Agent,
): number | null {
  const price = model.price(usage, clock.now(), servedTier, ms, servedModel);
  return price === null || usage.source === "provider" || model.info.selfHosted ? price : (reserved ?? price);
}

/** One's own server costs what it used, also when it failed; what a cloud server bills for a failure nobody knows: null. */
export function costOfFailure(session: string, { usage }: ModelError, { model, clock, log }: Agent): number | null {
  if (usage === null || !model.info.selfHosted) return null;
  const now = clock.now();
  const asked = log.events.findLast((event) => event.type === "model.requested" && event.session === session);
  return model.price(usage, now, null, Math.max(0, now - (asked?.at ?? now)));
}
