import type { Recorded } from "../ledger/events.ts";
import { foldEvidence, latestGates } from "../views/evidence.ts";
import { foldRun, ofType } from "../views/run.ts";
import { applyToTimeline, newTimeline, stageSucceeded, timelineLine } from "../views/timeline.ts";
import { fixFacts } from "./fix-facts.ts";

/** A fact that led to how a run ended: the number of its event, and what it says. */
interface Reason {
  readonly event: number;
  readonly text: string;
}

/** Something that claw checked, and the events it was seen in. */
interface Claim {
  readonly claim: string;
  readonly holds: boolean;
  readonly events: readonly number[];
}

export interface Why {
  readonly facts: readonly Reason[];
  readonly claims: readonly Claim[];
}

/** Refusals and failures of a kind that are told; the last ones decide. */
const TOLD = 2;

/** The chain of facts that led to how a run ended, or to where it stands. */
export function whyOf(events: readonly Recorded[]): Why {
  const decisive = decisiveEvents(events);
  const facts: Reason[] = [];
  let state = newTimeline;
  for (const event of events) {
    const text = decisive.has(event.seq) ? (ownWords(event) ?? timelineLine(state, event)?.text) : undefined;
    if (text !== undefined) facts.push({ event: event.seq, text });
    state = applyToTimeline(state, event);
  }
  const claims = (fixFacts(events).proof?.findings ?? []).map(({ claim, holds, facts: seen }) => ({
    claim,
    holds,
    events: seen,
  }));
  return { facts, claims };
}

function decisiveEvents(events: readonly Recorded[]): ReadonlySet<number> {
  const lastOf = (wanted: (event: Recorded) => boolean): readonly Recorded[] => events.filter(wanted).slice(-TOLD);
  const { stages } = foldRun(events);
  const open = stages.findLast(({ finishedAt }) => finishedAt === null);
  const proven = fixFacts(events).proof?.findings.flatMap(({ facts }) => facts) ?? [];
  const chosen = [
    ...events.filter(decides),
    ...foldEvidence(events).map(({ last }) => last),
    ...latestGates(events).filter(({ verdict }) => verdict !== "pass"),
    ...lastOf((event) => event.type === "call.finished" && event.tool === "finish" && !event.ok),
    ...lastOf((event) => event.type === "model.failed"),
    ...lastOf((event) => event.type === "call.judged" && event.verdict === "deny"),
    ...ofType(events, "diff.taken").slice(-1),
    ...ofType(events, "stage.started").filter(({ stage }) => stage === open?.name),
  ];
  return new Set([...chosen.map(({ seq }) => seq), ...proven]);
}

/** Events of which every one matters. */
function decides(event: Recorded): boolean {
  switch (event.type) {
    case "run.started":
    case "run.paused":
    case "run.resumed":
    case "run.ended":
    case "session.ended":
    case "search.found":
    case "approval.given":
    case "approval.refused":
    case "approval.expired":
      return true;
    case "effect.done":
      return !event.effect.startsWith("notify ");
    case "prompts.judged":
    case "effect.judged":
      return event.verdict === "deny";
    case "stage.finished":
      return !stageSucceeded(event.output);
    default:
      return false;
  }
}

function ownWords(event: Recorded): string | undefined {
  if (event.type === "run.started") {
    const with_ = event.model ? ` with ${event.model.label}` : "";
    return `${event.initiator === "unknown" ? "someone" : event.initiator} started ${event.workflow} from commit ${event.base.slice(0, 12)}${with_}`;
  }
  if (event.type === "session.ended") return `session ${event.session} ended (${event.reason}): ${event.detail}`;
  return undefined;
}
