import type { EventOf, Recorded } from "../ledger/events.ts";
import { headline, printable } from "../text.ts";
import { clockTime, localTimes, type Times } from "../times.ts";
import type { Pace } from "../views/pace.ts";
import { applyToRun, newRun, type RunState } from "../views/run.ts";
import { applyToSpend, nothingSpent, type Spend } from "../views/spend.ts";
import {
  applyToTimeline,
  newTimeline,
  type TimelineLine,
  type TimelineState,
  timelineLine,
  wordsOf,
} from "../views/timeline.ts";

/** Everything the live view shows; times in milliseconds since the epoch. */
export interface LiveState {
  readonly run: string;
  readonly title: string | null;
  readonly state: RunState;
  readonly spend: Spend;
  readonly timeline: TimelineState;
  readonly suites: readonly Recorded<EventOf<"suite.ran">>[];
  /** The newest line that is no stage, suite or gate: those have places of their own. */
  readonly last: TimelineLine | null;
  /** What goes on right now. */
  readonly current: { readonly text: string; readonly since: number } | null;
  /** What the model is saying, and the end of what the running command wrote. */
  readonly words: string;
  readonly output: string;
  /** Milliseconds of work in each stage up to the last event, pauses left out. */
  readonly worked: Readonly<Record<string, number>>;
  /** What earlier runs took; null until it is known, or where there were none. */
  readonly pace: Pace | null;
  readonly times: Times;
}

const KEPT = 4000;

export const newLiveState = (run: string, times: Times = localTimes): LiveState => ({
  run,
  title: null,
  state: newRun,
  spend: nothingSpent,
  timeline: newTimeline,
  suites: [],
  last: null,
  current: null,
  words: "",
  output: "",
  worked: {},
  pace: null,
  times,
});

/** One event forward. */
export function applyToLive(live: LiveState, event: Recorded): LiveState {
  const line = timelineLine(live.timeline, event, event.type === "model.replied" ? live.words : "", live.times);
  const placed = event.type.startsWith("stage.") || event.type === "suite.ran" || event.type === "gate.judged";
  const state = applyToRun(live.state, event);
  const next: LiveState = {
    ...live,
    state,
    worked: workedUpTo(live, state),
    spend: applyToSpend(live.spend, event),
    timeline: applyToTimeline(live.timeline, event),
    suites: event.type === "suite.ran" ? [...live.suites, event] : live.suites,
    last: line && !placed ? line : live.last,
  };
  return { ...next, ...goingOn(event, live.times), ...titleIn(event) };
}

/** One event forward of a run that this one has begun: what it does and takes shows, its stages do not. */
export function applyChild(live: LiveState, event: Recorded): LiveState {
  const line = timelineLine(newTimeline, event, "", live.times);
  const placed = event.type.startsWith("stage.") || event.type === "suite.ran" || event.type === "gate.judged";
  return {
    ...live,
    spend: applyToSpend(live.spend, event),
    suites: event.type === "suite.ran" ? [...live.suites, event] : live.suites,
    last: line && !placed ? line : live.last,
    ...goingOn(event, live.times),
  };
}

/** The time since the event before belongs to the stage that was under way. */
function workedUpTo({ state: before, worked }: LiveState, after: RunState): LiveState["worked"] {
  const under = before.stages.at(-1);
  if (!under || under.finishedAt !== null) return worked;
  return { ...worked, [under.name]: (worked[under.name] ?? 0) + after.activeMs - before.activeMs };
}

type Now = Partial<Pick<LiveState, "current" | "words" | "output">>;

/** What begins or ends with an event. */
function goingOn(event: Recorded, times: Times): Now {
  const quiet = { words: "", output: "" };
  switch (event.type) {
    case "model.requested":
      return { ...quiet, current: { text: `the model, turn ${event.turn}`, since: event.at } };
    case "model.waited":
      return {
        ...quiet,
        current: {
          text: `waiting for the model until ${clockTime(event.until, times)}: ${headline(event.reason)}`,
          since: event.at,
        },
      };
    case "call.judged":
      return event.verdict === "deny"
        ? {}
        : { ...quiet, current: { text: `${event.tool} ${event.summary}`, since: event.at } };
    case "sandbox.opened":
      return { ...quiet, current: { text: `sandbox: ${wordsOf(event.purpose)}`, since: event.at } };
    case "model.replied":
    case "model.failed":
    case "call.finished":
    case "suite.ran":
    case "stage.finished":
    case "run.paused":
    case "run.ended":
      return { ...quiet, current: null };
    default:
      return {};
  }
}

function titleIn(event: Recorded): Partial<LiveState> {
  if (event.type !== "stage.finished" || event.stage !== "intake") return {};
  const { output } = event;
  const named = typeof output === "object" && output !== null && "title" in output ? output["title"] : null;
  return typeof named === "string" ? { title: named } : {};
}

export const addWords = (live: LiveState, text: string): LiveState => ({
  ...live,
  words: (live.words + text).slice(-KEPT),
});

export const addOutput = (live: LiveState, chunk: Buffer): LiveState => ({
  ...live,
  output: (live.output + chunk.toString("utf8")).slice(-KEPT),
});

/** The last lines somebody wrote, safe to show. */
export const tail = (text: string, lines: number): readonly string[] =>
  printable(text)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter(Boolean)
    .slice(-lines);
