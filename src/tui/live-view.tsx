import { Box, Text } from "ink";
import type { ReactNode } from "react";
import { duration, headline, money, printable } from "../text.ts";
import { keptInPlace, padTo } from "../text-width.ts";
import { type EvidenceRow, foldEvidence } from "../views/evidence.ts";
import { stageNote } from "../views/pace.ts";
import type { StageState } from "../views/run.ts";
import { committed, type RunLimits, type Spend } from "../views/spend.ts";
import { type Mark, stageSucceeded, suiteMark, wordsOf } from "../views/timeline.ts";
import { asksModel } from "../workflows/model-wish.ts";
import { evidenceIn, layout, stagesIn } from "./live-layout.ts";
import { type LiveState, tail } from "./live-state.ts";

interface LiveViewProps {
  readonly live: LiveState;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** False for the last frame, which stays on the screen. */
  readonly running: boolean;
  readonly stopping: boolean;
  /** Somebody looks on from another terminal: Ctrl-C stops only that. */
  readonly watching?: boolean;
  readonly colours: boolean;
  /** Height of the terminal: a view that fits never makes it scroll. */
  readonly rows: number;
}

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
export function LiveView({ live, now, running, stopping, watching = false, colours, rows }: LiveViewProps) {
  const evidence = foldEvidence(live.suites);
  const shown = tail(live.output || live.words, TAIL_LINES);
  const after = live.last && live.current && shown.length === 0 ? 1 : shown.length;
  const lines = layout(rows, {
    tail: running ? after : 0,
    stages: live.state.stages.length,
    evidence: evidence.length,
  });
  const moment = running ? now : live.state.lastAt;
  return (
    <Box flexDirection="column">
      <Line>
        <Text bold={colours}>claw {live.state.started?.workflow ?? ""}</Text>
        {` ${live.run}  ${keptInPlace(headline(printable(live.title ?? ""), 200))}`}
      </Line>
      <Stages live={live} now={moment} running={running} colours={colours} lines={lines.stages} />
      {running && <Now live={live} now={now} colours={colours} lines={lines.tail} />}
      <Evidence rows={evidence} colours={colours} lines={lines.evidence} />
      {live.state.started && <Line faint={colours}>{`  ${spent(live, running, now)}`}</Line>}
      {running && <Line faint={colours}>{`  ${hint(live.run, stopping, watching)}`}</Line>}
    </Box>
  );
}

function hint(run: string, stopping: boolean, watching: boolean): string {
  if (watching) return "Ctrl-C stops watching; the run goes on";
  return stopping
    ? "stopping; the state is being saved (Ctrl-C again: at once)"
    : `Ctrl-C saves and stops; claw resume ${run} continues`;
}

interface Part extends Pick<LiveViewProps, "live" | "now" | "colours"> {
  readonly lines: number;
}

function Stages({ live, now, running, colours, lines }: Part & Pick<LiveViewProps, "running">) {
  const { before, failed, shown } = stagesIn(live.state.stages, lines);
  const width = Math.max(10, ...shown.map(({ name }) => name.length));
  return (
    <Box flexDirection="column">
      {before !== null && (
        <Line>
          {"  "}
          <Sign mark={failed ? "✗" : "✓"} colours={colours} />
          {` ${before}`}
        </Line>
      )}
      {shown.map((stage) => (
        <StageLine key={stage.name} {...{ live, stage, now, running, colours, width }} />
      ))}
    </Box>
  );
}

interface StageLineProps extends Pick<LiveViewProps, "live" | "now" | "running" | "colours"> {
  readonly stage: StageState;
  readonly width: number;
}

function StageLine({ live, stage, now, running, colours, width }: StageLineProps) {
  const { name, finishedAt, output } = stage;
  const mark: Mark = finishedAt === null ? (running ? "…" : "!") : stageSucceeded(output) ? "✓" : "✗";
  const worked = live.worked[name] ?? 0;
  const since = running && live.state.status === "running" ? Math.max(0, now - live.state.lastAt) : 0;
  const time = finishedAt === null ? seconds(worked + since) : duration(worked);
  const usual = live.pace?.stages[name];
  const note = finishedAt === null && usual !== undefined ? `usually ${about(usual)}` : stageNote(stage);
  return (
    <Line>
      {"  "}
      <Sign mark={mark} colours={colours} />
      {` ${padTo(name, width)} ${time.padStart(9)}`}
      <Text dimColor={colours && finishedAt === null}>
        {note === "" ? "" : `  ${keptInPlace(headline(printable(note), 200))}`}
      </Text>
    </Line>
  );
}

/** The running call with the end of its output, or the last thing that happened. */
function Now({ live, now, colours, lines }: Part) {
  const { current, last, output, words } = live;
  const written = tail(output || words, lines).map((line) => `│ ${line}`);
  const text = current ? `${current.text} ${seconds(now - current.since)}` : last ? last.text : "starting";
  const shown = written.length > 0 || !current || !last || lines === 0 ? written : [`${last.mark} ${last.text}`];
  return (
    <Box flexDirection="column">
      <Line>{`    ${headline(printable(text), 200)}`}</Line>
      {shown.map((line, index) => (
        <Line key={index} faint={colours}>{`    ${headline(printable(line), 400)}`}</Line>
      ))}
    </Box>
  );
}

function Evidence({
  rows,
  colours,
  lines,
}: {
  readonly rows: readonly EvidenceRow[];
  readonly colours: boolean;
  readonly lines: number;
}) {
  const { before, shown } = evidenceIn(rows, lines);
  const width = Math.max(0, ...shown.map(({ purpose }) => wordsOf(purpose).length));
  const verdicts = shown.map(({ verdict, times }) => `${verdict}${times > 1 ? ` ×${times}` : ""}`);
  const second = Math.max(0, ...verdicts.map((verdict) => verdict.length));
  return (
    <Box flexDirection="column">
      {before !== null && <Line>{`  · ${before}`}</Line>}
      {shown.map(({ purpose, verdict, last }, index) => (
        <Line key={purpose}>
          {"  "}
          <Sign mark={suiteMark({ purpose, verdict, unloaded: last.unloaded })} colours={colours} />
          {` ${wordsOf(purpose).padEnd(width)}  ${(verdicts[index] ?? "").padEnd(second)}`}
          {`  ${last.passed} passed, ${last.failed} failed`}
        </Line>
      ))}
    </Box>
  );
}

/** What the run has used of what it may, and what such runs usually take. */
function spent({ state, spend, pace }: LiveState, running: boolean, now: number): string {
  if (!state.started) return "";
  const { limits } = state.started;
  const active = state.activeMs + (running && state.status === "running" ? Math.max(0, now - state.lastAt) : 0);
  const usually = running && pace?.whole ? `, usually ${about(pace.whole)}` : "";
  const time = `${seconds(active)} of ${about(limits.wallMs)}${usually}`;
  return asksModel(state.started) ? `${used(spend, limits)} · ${time}` : `no model asked · ${time}`;
}

/** Money shown as far as it is known: the priced part, marked when there is more. */
function used(spend: Spend, limits: RunLimits): string {
  const cost = `${money(committed(spend))}${spend.unpriced ? " and unpriced parts" : ""}`;
  const budget = limits.usdNano === null ? "" : ` of ${money(limits.usdNano)}`;
  return `${cost}${budget} · ${spend.turns} of ${limits.turns} turns · ${thousands(spend.inputTokens + spend.outputTokens)} tokens`;
}

/** Whole seconds, so that a line changes at most once a second. */
const seconds = (ms: number): string => (ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1000)} s` : duration(ms));

/** No more exact than a guess is, or a limit: 40 s, 3 min, 2 h. */
function about(ms: number): string {
  if (ms < 1000) return "under 1 s";
  if (ms < 100_000) return `${Math.round(ms / 1000)} s`;
  return ms < 100 * 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** 9999, 10k, 999k, 1.8M. */
const thousands = (count: number): string =>
  count < 10_000 ? String(count) : count < 999_500 ? `${Math.round(count / 1000)}k` : `${(count / 1e6).toFixed(1)}M`;
