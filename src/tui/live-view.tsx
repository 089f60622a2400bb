import { Box, Text } from "ink";
import type { ReactNode } from "react";
import { duration, headline, money, printable } from "../text.ts";
import { type EvidenceRow, foldEvidence } from "../views/evidence.ts";
import type { StageState } from "../views/run.ts";
import { committed, type RunLimits, type Spend } from "../views/spend.ts";
import { type Mark, stageSucceeded, suiteMark, wordsOf } from "../views/timeline.ts";
import { type LiveState, tail } from "./live-state.ts";

interface LiveViewProps {
  readonly live: LiveState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** False for the last frame, which stays on the screen. */
  readonly running: boolean;
  readonly stopping: boolean;
  readonly colours: boolean;
  /** Height of the terminal: a view that fits never makes it scroll. */
  readonly rows: number;
}

/** Lines that everything but the stages may take. */
const OTHER_LINES = 16;
const TAIL_LINES = 3;

const colourOf: Partial<Record<Mark, string>> = { "✓": "green", "✗": "red", "!": "yellow" };

/** One line, cut at the edge of the terminal. */
const Line = ({ children, faint = false }: { readonly children: ReactNode; readonly faint?: boolean }) => (
  <Text wrap="truncate" dimColor={faint}>
    {children}
  </Text>
);

const Sign = ({ mark, colours }: { readonly mark: Mark; readonly colours: boolean }) => {
  const colour = colours ? colourOf[mark] : undefined;
  return <Text {...(colour && { color: colour })}>{mark}</Text>;
};

/** A run on one screen: its stages, what goes on, the evidence so far, and what it has used. */
export function LiveView({ live, now, running, stopping, colours, rows }: LiveViewProps) {
  const stages = live.state.stages.slice(-Math.max(2, rows - OTHER_LINES));
  const limits = live.state.started?.limits;
  return (
    <Box flexDirection="column">
      <Line>
        <Text bold={colours}>claw {live.state.started?.workflow ?? ""}</Text>
        {` ${live.run}  ${headline(printable(live.title ?? ""), 200)}`}
      </Line>
      {stages.map((stage) => (
        <StageLine
          key={stage.name}
          stage={stage}
          now={running ? now : live.state.lastAt}
          running={running}
          colours={colours}
        />
      ))}
      {running && <Now live={live} now={now} colours={colours} />}
      <Evidence rows={foldEvidence(live.suites)} colours={colours} />
      {limits && (
        <Line faint={colours}>{`  ${used(live.spend, limits)} · ${clockOf(live, running, now, limits)}`}</Line>
      )}
      {running && <Line faint={colours}>{hint(live.run, stopping)}</Line>}
    </Box>
  );
}

const hint = (run: string, stopping: boolean): string =>
  stopping
    ? "  stopping; the state is being saved (Ctrl-C again: at once)"
    : `  Ctrl-C saves and stops; claw resume ${run} continues`;

interface StageLineProps extends Pick<LiveViewProps, "now" | "running" | "colours"> {
  readonly stage: StageState;
}

function StageLine({ stage, now, running, colours }: StageLineProps) {
  const { name, startedAt, finishedAt, output } = stage;
  const mark: Mark = finishedAt === null ? (running ? "…" : "!") : stageSucceeded(output) ? "✓" : "✗";
  return (
    <Line>
      {"  "}
      <Sign mark={mark} colours={colours} />
      {` ${name.padEnd(10)} ${seconds((finishedAt ?? now) - startedAt).padStart(9)}`}
    </Line>
  );
}

/** The running call with the end of its output, or the last thing that happened. */
function Now({ live, now, colours }: { readonly live: LiveState; readonly now: number; readonly colours: boolean }) {
  const { current, last, output, words } = live;
  const shown = tail(output || words, TAIL_LINES);
  const text = current ? `${current.text} ${seconds(now - current.since)}` : last ? last.text : "starting";
  return (
    <Box flexDirection="column">
      <Line>{`    ${headline(printable(text), 200)}`}</Line>
      {shown.map((line, index) => (
        <Line key={index} faint={colours}>{`    │ ${line}`}</Line>
      ))}
    </Box>
  );
}

function Evidence({ rows, colours }: { readonly rows: readonly EvidenceRow[]; readonly colours: boolean }) {
  return rows.map((row) => {
    const { purpose, verdict, times, last } = row;
    const mark = suiteMark({ purpose, verdict, unloaded: last.unloaded });
    return (
      <Line key={purpose}>
        {"  "}
        <Sign mark={mark} colours={colours} />
        {` ${wordsOf(purpose)}: ${verdict}${times > 1 ? ` ×${times}` : ""}, ${last.passed} passed, ${last.failed} failed`}
      </Line>
    );
  });
}

/** Money shown as far as it is known: the priced part, marked when there is more. */
function used(spend: Spend, limits: RunLimits): string {
  const cost = `${money(committed(spend))}${spend.unpriced ? " and unpriced parts" : ""}`;
  const budget = limits.usdNano === null ? "" : ` of ${money(limits.usdNano)}`;
  return `${cost}${budget} · ${spend.turns} of ${limits.turns} turns · ${thousands(spend.inputTokens + spend.outputTokens)} tokens`;
}

function clockOf({ state }: LiveState, running: boolean, now: number, limits: RunLimits): string {
  const active = state.activeMs + (running && state.status === "running" ? Math.max(0, now - state.lastAt) : 0);
  return `${seconds(active)} of ${Math.round(limits.wallMs / 60_000)} min`;
}

/** Whole seconds, so that a line changes at most once a second. */
const seconds = (ms: number): string => (ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : duration(ms));

/** 9999, 10k, 999k, 1.8M. */
const thousands = (count: number): string =>
  count < 10_000 ? String(count) : count < 999_500 ? `${Math.round(count / 1000)}k` : `${(count / 1e6).toFixed(1)}M`;
