import type { Recorded } from "../ledger/events.ts";
import { printableLine } from "../text.ts";
import { bareTime, type Times } from "../times.ts";
import {
  applyToTimeline,
  newTimeline,
  type TimelineLine,
  timelineLine,
  type TimelineState,
} from "../views/timeline.ts";
import type { Pace } from "../views/pace.ts";
import type { Watch } from "../workflows/start.ts";
import { paintMark, type Style } from "./style.ts";

/** One way to show a run while it goes on. */
export interface Progress extends Required<
  Omit<Watch, "signal" | "onStart" | "confirm" | "notify" | "onCall" | "onChild" | "along" | "person">
> {
  /** `past`: what happened before, when a run is continued. */
  onStart(run: string, past: readonly Recorded[]): void;
  /** A fact of a run that this one has begun. */
  onChild?(run: string, event: Recorded): void;
  /** What earlier runs took, once that is known. */
  onPace?(pace: Pace): void;
  /** Leaves the terminal alone while somebody is asked there. */
  aside<Answer>(talk: () => Promise<Answer>): Promise<Answer>;
  /** Leaves a final state behind and the terminal as it was. */
  end(): Promise<void>;
}

type Print = (line: string) => void;

/** Lines for a log file or a pipe: one per event that people care about. */
export function plainProgress(print: Print, style: Style, times: Times): Progress {
  let state = newTimeline;
  let words = "";
  const children = new Map<string, { state: TimelineState; step: string }>();
  return {
    onChild(run, event) {
      const step = event.type === "run.started" ? event.step : undefined;
      const child = children.get(run) ?? { state: newTimeline, step: step ?? run };
      const line = timelineLine(child.state, event, "", times);
      children.set(run, { ...child, state: applyToTimeline(child.state, event) });
      if (line) print(renderLine({ ...line, stage: `${child.step}: ${line.stage ?? ""}` }, style, times));
    },
    onStart(run, past) {
      state = past.reduce(applyToTimeline, newTimeline);
      print(`run ${run} (if it is interrupted: claw resume ${run})`);
    },
    onEvent: (event) => {
      const line = timelineLine(state, event, event.type === "model.replied" ? words : "", times);
      state = applyToTimeline(state, event);
      if (event.type === "model.requested" || event.type === "model.replied") words = "";
      if (line) print(renderLine(line, style, times));
    },
    onDelta: ({ kind, text }) => {
      if (kind === "text") words += text;
    },
    onOutput: () => {},
    aside: (talk) => talk(),
    end: () => Promise.resolve(),
  };
}

/** Each event as a line of JSON; the caller adds the result as the last one. */
export function jsonProgress(print: Print): Progress {
  let run = "";
  return {
    onStart: (started) => (run = started),
    onEvent: (event) => print(JSON.stringify(eventObject(run, event))),
    onChild: (child, event) => print(JSON.stringify(eventObject(child, event))),
    onDelta: () => {},
    onOutput: () => {},
    aside: (talk) => talk(),
    end: () => Promise.resolve(),
  };
}

/** An event as it is given to programs. */
export const eventObject = (run: string, event: Recorded) => ({ type: "event", run, event });

/** "12:00:03 patch      ✓ green on head: green, 1 passed, 0 failed (1.2 s)". */
export function renderLine({ at, mark, text, stage }: TimelineLine, style: Style, times: Times): string {
  const time = bareTime(at, times);
  const where = style.faint(`${time} ${(stage ?? "").padEnd(10)}`);
  return `${where} ${paintMark(style, mark)} ${printableLine(text)}`;
}
