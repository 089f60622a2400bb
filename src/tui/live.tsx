import { render, renderToString } from "ink";
import type { ReactElement } from "react";
import type { Clock } from "../clock.ts";
import type { OnDelta } from "../models/model.ts";
import type { Recorded } from "../ledger/events.ts";
import type { Times } from "../times.ts";
import type { Pace } from "../views/pace.ts";
import { addOutput, addWords, applyChild, applyToLive, type LiveState, newLiveState } from "./live-state.ts";
import { LiveView } from "./live-view.tsx";
import { cutAtEdge, unwrap } from "./reflow.ts";

export interface LiveOptions {
  readonly colours: boolean;
  readonly clock: Clock;
  /** The terminal. */
  readonly stream: NodeJS.WriteStream;
  /** Aborted when the run has been told to stop. */
  readonly signal: AbortSignal;
  readonly times: Times;
  /** Looks on at a run of another process. */
  readonly watching?: boolean;
}

/** A run as a view that redraws itself in place. */
export interface Live {
  /** `past`: what happened before, when a run is continued. */
  onStart(run: string, past: readonly Recorded[]): void;
  onEvent(event: Recorded): void;
  /** A fact of a run that this one has begun. */
  onChild(run: string, event: Recorded): void;
  /** What earlier runs took, once that is known. */
  onPace(pace: Pace): void;
  readonly onDelta: OnDelta;
  onOutput(chunk: Buffer): void;
  /** Takes the view away while somebody is asked on the same terminal. */
  aside<Answer>(talk: () => Promise<Answer>): Promise<Answer>;
  end(): Promise<void>;
}

/** Milliseconds between redraws, however much happens. */
const FRAME_MS = 100;

/**
 * Only lines that changed are written: nothing flickers, also where a terminal shows half a frame, or is far away. Frames
 * come as often as they are asked for here, and are on the screen at once.
 */
const drawing = { exitOnCtrlC: false, patchConsole: false, maxFps: 60, incrementalRendering: true };

const sizeOf = (stream: NodeJS.WriteStream) => ({ columns: stream.columns ?? 80, rows: stream.rows ?? 24 });

interface Shown {
  readonly view: ReactElement;
  readonly columns: number;
}

/** What takes away the rows that a view has gained on a narrower terminal. */
const afterNarrowing = ({ view, columns }: Shown, now: number): string =>
  now < columns ? unwrap({ lines: renderToString(view, { columns }).split("\n"), cursor: null }, now) : "";

/** Draws on a terminal from the moment the run has an id until `end`, and leaves the last state standing. */
export function liveProgress({ colours, clock, stream, signal, times, watching = false }: LiveOptions): Live {
  let live: LiveState = newLiveState("", times);
  let drawn: { state: LiveState; second: number } | null = null;
  let screen: ReturnType<typeof render> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let away = false;
  let shown: Shown | null = null;

  const view = (running: boolean): ReactElement => {
    const { columns, rows } = sizeOf(stream);
    const state = { live, running, watching, colours, now: clock.now(), stopping: signal.aborted, rows };
    shown = { view: <LiveView {...state} />, columns };
    return shown.view;
  };
  const draw = (): void => {
    if (away) return;
    const second = Math.floor(clock.now() / 1000);
    if (drawn?.state === live && drawn.second === second) return;
    drawn = { state: live, second };
    screen?.rerender(view(true));
  };
  // A terminal of another height has room for other lines.
  const onResize = (): void => {
    if (shown) stream.write(afterNarrowing(shown, sizeOf(stream).columns));
    drawn = null;
  };

  return {
    onStart(run, past) {
      live = past.reduce(applyToLive, newLiveState(run, times));
      // Ctrl-C stays a signal: the keyboard is never read.
      // Before ink hears of it, which erases as many lines as it drew.
      stream.on("resize", onResize);
      screen = render(view(true), { ...drawing, stdout: cutAtEdge(stream) });
      timer = setInterval(draw, FRAME_MS);
    },
    onEvent: (event) => void (live = applyToLive(live, event)),
    onChild: (_, event) => void (live = applyChild(live, event)),
    onPace: (pace) => void (live = { ...live, pace }),
    onDelta: ({ kind, text }) => void (live = kind === "text" ? addWords(live, text) : live),
    onOutput: (chunk) => void (live = addOutput(live, chunk)),
    async aside(talk) {
      away = true;
      shown = null;
      screen?.clear();
      try {
        return await talk();
      } finally {
        away = false;
        drawn = null;
      }
    },
    async end() {
      if (timer) clearInterval(timer);
      timer = null;
      stream.off("resize", onResize);
      if (!screen) return;
      screen.rerender(view(false));
      screen.unmount();
      await screen.waitUntilExit();
      screen = null;
    },
  };
}
