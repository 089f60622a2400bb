import { z } from "zod";
import type { Recorded } from "../ledger/events.ts";
import { sandboxFacts } from "../views/evidence.ts";
import { foldRun } from "../views/run.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import type { ListedAs } from "../store/run-index.ts";
import { fixFacts } from "./fix-facts.ts";

/** What a list shows of a run, besides what it is searched by. */
export const Shown = z.object({
  title: z.string(),
  branch: z.string().nullable(),
  /** Nano-dollars; null when part of it has no known price. */
  cost: z.number().nullable(),
  turns: z.number(),
  /** Commands ran without a sandbox. */
  unconfined: z.boolean().optional(),
});
export type Shown = z.infer<typeof Shown>;

/** A run as it is listed; null for one without a beginning. */
export function listedAs(events: readonly Recorded[]): ListedAs | null {
  const { started, end } = foldRun(events);
  if (!started) return null;
  const spend = foldSpend(events);
  const { task, published } = fixFacts(events);
  const shown: Shown = {
    title: task?.title ?? "",
    branch: published.branch,
    cost: shownCost(spend),
    turns: spend.turns,
    ...(sandboxFacts(events)?.waivedBy && { unconfined: true }),
  };
  return {
    started: started.at,
    workflow: started.workflow,
    repository: started.repository,
    outcome: end?.outcome ?? "",
    parent: started.parent ?? null,
    shown: JSON.stringify(shown),
  };
}
