import { z } from "zod";
import type { Event, Recorded } from "../ledger/events.ts";
import type { Lister } from "../ledger/audit/listing.ts";
import { sandboxFacts } from "../views/evidence.ts";
import { foldRun } from "../views/run.ts";
import { applyToSpend, nothingSpent, shownCost, type Spend } from "../views/spend.ts";
import type { ListedAs } from "../store/run-index.ts";
import { fixFacts } from "./fix-facts.ts";

/**
 * What a list shows of a run, besides what it is searched by. Whoever changes it, or how it is worked out, empties run_index
 * by a migration: what an earlier release made of the same events would not agree any more.
 */
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

/** Facts that a run is listed by; all others may be left out. */
const listedBy: ReadonlySet<string> = new Set<Event["type"]>([
  "run.started",
  "run.resumed",
  "run.paused",
  "run.ended",
  "stage.started",
  "stage.finished",
  "model.requested",
  "model.failed",
  "model.replied",
  "sandbox.waived",
]);

/** Of a long run little is kept. */
function foldRow(): ReturnType<Lister["fold"]> {
  const few: Recorded[] = [];
  let spend = nothingSpent;
  return {
    add(event) {
      if (!listedBy.has(event.type)) return;
      if (event.type.startsWith("model.")) spend = applyToSpend(spend, event);
      else few.push(event);
    },
    listed: () => rowOf(few, spend),
  };
}

/** For audits, which compare the list with the events. */
export const lister: Lister = { by: listedBy, fold: foldRow };

/** A run as it is listed; null for one without a beginning. */
export function listedAs(events: readonly Recorded[]): ListedAs | null {
  const fold = foldRow();
  for (const event of events) fold.add(event);
  return fold.listed();
}

function rowOf(events: readonly Recorded[], spend: Spend): ListedAs | null {
  const { started, end } = foldRun(events);
  if (!started) return null;
  const { task, published } = fixFacts(events);
  const shown: Shown = {
    title: task?.title ?? (started.workflow === "triage" ? (end?.reason ?? "") : talkTitle(started)),
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

/** The first words of a person in a session, or the name of a flow; empty for other runs. */
function talkTitle({ workflow, input }: Extract<Recorded, { type: "run.started" }>): string {
  if (
    (workflow !== "chat" && workflow !== "flow") ||
    typeof input !== "object" ||
    input === null ||
    !("title" in input)
  )
    return "";
  return typeof input["title"] === "string" ? input["title"] : "";
}
