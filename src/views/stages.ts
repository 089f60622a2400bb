import type { Recorded } from "../ledger/events.ts";
import { stageSucceeded } from "./timeline.ts";
import { applyToSpend, nothingSpent, shownCost, type Spend } from "./spend.ts";

/** One stage of a run: how it went, what it cost and what was seen in it. */
export interface StageRow {
  readonly name: string;
  readonly verdict: "passed" | "failed" | "unfinished";
  /** Time somebody worked on it, pauses left out. */
  readonly ms: number;
  readonly turns: number;
  /** Nano-dollars; null when part of it has no known price. */
  readonly cost: number | null;
  /** Executions of tests in it: each purpose and verdict with the numbers of their events. */
  readonly evidence: readonly { readonly what: string; readonly events: readonly number[] }[];
  /** Numbers of its first and last event. */
  readonly first: number;
  readonly last: number;
}

interface Open {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly ms: number;
  readonly verdict: StageRow["verdict"];
  readonly spend: Spend;
  readonly evidence: readonly { readonly what: string; readonly events: readonly number[] }[];
}

/** The stages of a run in order, a resumed one once. */
export function foldStages(events: readonly Recorded[]): readonly StageRow[] {
  const stages: Open[] = [];
  let working = false;
  let lastAt = 0;
  for (const event of events) {
    const current = stages.at(-1);
    if (event.type === "stage.started") {
      if (current?.name !== event.stage) stages.push(opened(event.stage, event.seq));
      working = true;
    } else if (current && current.verdict === "unfinished") {
      const rested = event.type === "run.resumed" || !working;
      stages[stages.length - 1] = applied(current, event, rested ? 0 : event.at - lastAt);
      working = event.type !== "run.paused" && event.type !== "run.ended";
    }
    lastAt = event.at;
  }
  return stages.map(({ spend, ...stage }) => ({ ...stage, turns: spend.turns, cost: shownCost(spend) }));
}

const opened = (name: string, seq: number): Open => ({
  name,
  first: seq,
  last: seq,
  ms: 0,
  verdict: "unfinished",
  spend: nothingSpent,
  evidence: [],
});

function applied(stage: Open, event: Recorded, ms: number): Open {
  const next = { ...stage, last: event.seq, ms: stage.ms + ms, spend: applyToSpend(stage.spend, event) };
  if (event.type === "suite.ran")
    return { ...next, evidence: seen(stage, `${event.purpose} ${event.verdict}`, event.seq) };
  if (event.type !== "stage.finished" || event.stage !== stage.name) return next;
  return { ...next, verdict: stageSucceeded(event.output) ? "passed" : "failed" };
}

function seen({ evidence }: Open, what: string, seq: number): Open["evidence"] {
  const known = evidence.find((one) => one.what === what);
  if (!known) return [...evidence, { what, events: [seq] }];
  return evidence.map((one) => (one === known ? { what, events: [...one.events, seq] } : one));
}
