import type { Outcome } from "../../errors.ts";
import type { EventOf } from "../../ledger/events.ts";
import { budgetHints } from "../../policy/budgets.ts";
import type { RunEnd } from "../workflow.ts";

/** How a run ends when a session ended without claw accepting its work. `otherwise` is for an engine that gave up. */
export function endOf(
  ended: Pick<EventOf<"session.ended">, "reason" | "detail" | "limit">,
  otherwise: Outcome,
): RunEnd {
  switch (ended.reason) {
    case "over-budget":
      return {
        outcome: "over-budget",
        reason: ended.detail,
        hint: ended.limit
          ? budgetHints[ended.limit]
          : "raise --budget-usd, --max-turns or --timeout, or give the issue more detail",
      };
    case "stuck":
      return {
        outcome: "stuck",
        reason: `the model went in circles: ${ended.detail}`,
        hint: "try another --model, or give the issue more detail",
      };
    case "gave-up":
    case "finished":
      return { outcome: otherwise, reason: ended.detail, hint: "give the issue more detail, or try another --model" };
  }
}
