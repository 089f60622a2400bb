import type { Recorded } from "../ledger/events.ts";
import { headline, money } from "../text.ts";
import { latest, ofType } from "../views/run.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import { whatIf } from "../views/what-if.ts";

/** What a run cost, and why that is nothing where it is nothing: "$0.42", "$0.00 (own server, no price configured)". */
export function costWords(events: readonly Recorded[]): string {
  const cost = money(shownCost(foldSpend(events)));
  return latest(events, "run.started")?.prices?.terms.kind === "own-server"
    ? `${cost} (own server, no price configured)`
    : cost;
}

/** "cheap/model did not do it (why), then strong/model"; null for a run with one model. */
export function escalationWords(events: readonly Recorded[]): string | null {
  const moves = ofType(events, "tier.moved");
  if (moves.length === 0) return null;
  const steps = moves.map(({ from, because }) => `${from} did not do it (${headline(because)})`);
  return [...steps, moves.at(-1)?.to ?? ""].join(", then ");
}

/** "default $0.42, flex $0.21, fast $0.84": the same run at other service tiers; null where none is sold. */
export function tierWords(events: readonly Recorded[]): string | null {
  const other = whatIf(events);
  if (!other) return null;
  const at = (name: "default" | "flex" | "fast"): string =>
    `${name} ${other[name] === null ? "not offered" : money(other[name])}`;
  return [at("default"), at("flex"), at("fast")].join(", ");
}
