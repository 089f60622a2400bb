import type { EventOf, Recorded } from "../ledger/events.ts";
import { duration, headline, plural } from "../text.ts";
import { type Times, utcTimes } from "../times.ts";
import { asksForMore } from "./finishes.ts";
import { stepOf } from "./flow.ts";
import { type Aside, aside, isAside } from "./timeline-aside.ts";
import { outside, sandbox } from "./timeline-doors.ts";
import { searching } from "./timeline-search.ts";
import { isOfModel, model } from "./timeline-model.ts";

/** `·` a fact, `…` begun or waiting, `✓` as it should be, `✗` not so, `!` a person should look. */
export type Mark = "·" | "…" | "✓" | "✗" | "!";

/** One event as one line for people. */
export interface TimelineLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly mark: Mark;
  readonly text: string;
  /** The stage it happened in; null before the first. */
  readonly stage: string | null;
}

/** What a line needs to know from the events before it. */
export interface TimelineState {
  readonly stage: string | null;
  readonly stageStartedAt: number;
  /** What each call that is not finished yet does, by session and call id. */
  readonly calls: Readonly<Record<string, string>>;
  /** What sandboxes lack here; said once. */
  readonly lacking: string;
}

export const newTimeline: TimelineState = { stage: null, stageStartedAt: 0, calls: {}, lacking: "" };

const callKey = ({ session, call }: { readonly session: string; readonly call: string }): string =>
  `${session} ${call}`;

/** One event forward. */
export function applyToTimeline(state: TimelineState, event: Recorded): TimelineState {
  switch (event.type) {
    case "stage.started":
      return { ...state, stage: event.stage, stageStartedAt: event.at };
    case "run.resumed":
      return { ...state, stageStartedAt: event.at };
    case "call.judged":
      return { ...state, calls: { ...state.calls, [callKey(event)]: event.summary } };
    case "call.finished": {
      const { [callKey(event)]: _, ...calls } = state.calls;
      return { ...state, calls };
    }
    case "sandbox.opened":
      return { ...state, lacking: event.degraded.join(", ") };
    default:
      return state;
  }
}

/** The line for an event, given the state before it; null when people need none. `words` is what a model said in a reply. */
export function timelineLine(
  state: TimelineState,
  event: Recorded,
  words = "",
  times: Times = utcTimes,
): TimelineLine | null {
  const said = isAside(event) ? aside(event) : say(state, event, words, times);
  return said && { at: event.at, mark: said[0], text: said[1], stage: applyToTimeline(state, event).stage };
}

/** All lines of a run. `words` gives the text of a model's reply by its hash, as far as it was read. */
export function foldTimeline(
  events: readonly Recorded[],
  words: (message: string) => string = () => "",
): readonly TimelineLine[] {
  let state = newTimeline;
  return events.flatMap((event) => {
    const line = timelineLine(state, event, event.type === "model.replied" ? words(event.message) : "");
    state = applyToTimeline(state, event);
    return line ? [line] : [];
  });
}

export type Said = readonly [mark: Mark, text: string] | null;

function say(state: TimelineState, event: Exclude<Recorded, Aside>, words: string, times: Times): Said {
  if (isOfModel(event)) return model(event, words, times);
  switch (event.type) {
    case "run.started":
    case "run.resumed":
    case "run.paused":
    case "run.ended":
      return sayRun(event);
    case "prompts.judged":
      return prompts(event);
    case "notes.offered":
      return ["·", `told what run ${event.run} came to, on the same task`];
    case "stage.started":
      return ["…", event.stage];
    case "tier.moved":
      return ["!", `${event.from} did not do it: ${headline(event.because)}; on to ${event.to}`];
    case "stage.finished":
      return stageDone(event, event.at - state.stageStartedAt);
    case "session.ended":
      return sessionEnd(event);
    case "message.added":
      if (event.about === "person")
        return ["·", words === "" ? "a person spoke" : `a person said: ${headline(words, 80)}`];
      return event.about === "stuck" || event.about === "budget" ? ["!", `told the model: ${event.about}`] : null;
    case "call.judged":
      return deniedCall(event);
    case "call.finished":
      return finishedCall(event, state.calls[callKey(event)] ?? "");
    case "sandbox.opened":
    case "sandbox.waived":
    case "egress.judged":
      return sandbox(event, state.lacking);
    case "dependencies.prepared":
    case "suite.planned":
      return prepared(event);
    case "suite.ran":
      return suite(event);
    case "diff.taken":
    case "snapshot.taken":
    case "workspace.restored":
      return work(event);
    case "suspects.ranked":
    case "search.tried":
    case "search.found":
      return searching(event);
    case "gate.judged":
      return gate(event, state.stage === "gates");
    case "bodies.redacted":
      return redaction(event);
    case "egress.ended":
    case "tiers.ordered":
    case "session.started":
    case "report.written":
      return null;
    default:
      return outside(event, times);
  }
}

const deniedCall = ({ verdict, tool, summary, rule }: EventOf<"call.judged">): Said =>
  verdict === "deny" ? ["✗", `denied: ${tool} ${headline(summary)} (${rule})`] : null;

const redaction = ({ redacted, by, reason }: EventOf<"bodies.redacted">): Said => [
  "!",
  `${plural(redacted.length, "recorded text")} taken out by ${by}: ${headline(reason)}`,
];

const prepared = (event: EventOf<"dependencies.prepared"> | EventOf<"suite.planned">): Said =>
  event.type === "suite.planned"
    ? event.hangs
      ? ["!", "a test never ends: from here on such tests are stopped, and fail"]
      : ["·", `tests are run with: ${event.command} (${event.source})`]
    : ["·", `dependencies ${event.how}: ${event.why}`];

function work(event: EventOf<"diff.taken"> | EventOf<"snapshot.taken"> | EventOf<"workspace.restored">): Said {
  if (event.type === "snapshot.taken") return null;
  return event.type === "diff.taken"
    ? ["·", `${event.purpose}: ${plural(event.files, "file")}, +${event.added} −${event.deleted}`]
    : ["!", `the workspace of ${event.workspace} was gone, and was made anew from the record`];
}

function prompts({ required, verdict, prompts: files }: EventOf<"prompts.judged">): Said {
  const approved = files.filter(({ by }) => by !== null).length;
  const said = `${approved} of ${plural(files.length, "prompt")} approved${required ? "" : ", none has to be"}`;
  return [verdict === "allow" ? "✓" : "✗", said];
}

type RunEvent = EventOf<"run.started"> | EventOf<"run.resumed"> | EventOf<"run.paused"> | EventOf<"run.ended">;

function sayRun(event: RunEvent): Said {
  switch (event.type) {
    case "run.started":
      return ["·", `${event.workflow} on ${event.base.slice(0, 12)}${event.model ? ` with ${event.model.label}` : ""}`];
    case "run.resumed":
      return ["·", "resumed"];
    case "run.paused":
      return ["!", `paused (${event.outcome}): ${event.reason}`];
    case "run.ended":
      return [succeeded(event.outcome) ? "✓" : "✗", `${event.outcome}: ${event.reason}`];
  }
}

const succeeded = (outcome: string): boolean => outcome === "proven" || outcome === "done";

function stageDone({ stage, output }: EventOf<"stage.finished">, ms: number): Said {
  const step = stepOf(output);
  const succeeded = stageSucceeded(output);
  if (step)
    return [step.outcome === "skipped" ? "·" : succeeded ? "✓" : "✗", `${stage} ${step.outcome}: ${step.reason}`];
  return [succeeded ? "✓" : "✗", `${stage} ${succeeded ? "done in" : "ended without success after"} ${duration(ms)}`];
}

/**
 * Did a stage hand on what the next one needs? One that ends the run says `end`, a proof says `holds`, gates their worst
 * verdict. Verdicts on failing tests are what was asked for, whatever they are.
 */
export function stageSucceeded(output: unknown): boolean {
  if (typeof output !== "object" || output === null) return true;
  const step = stepOf(output);
  if (step) return step.outcome === "skipped" || succeeded(step.outcome);
  if ("end" in output) return false;
  if ("holds" in output) return output.holds === true;
  if ("verdicts" in output) return true;
  return !("worst" in output) || output.worst === "pass";
}

function sessionEnd({ reason, detail }: EventOf<"session.ended">): Said {
  if (reason !== "finished") return ["✗", `${reason}: ${headline(detail)}`];
  const [, without] = /^(?:blocked|unproven|refused): ([^]*)$/.exec(detail) ?? [];
  return without === undefined
    ? ["✓", headline(detail.replace(/^done: /, ""))]
    : ["!", headline(without).replace(/:$/, "")];
}

function finish({ session, ok, why }: EventOf<"call.finished">, summary: string): Said {
  if (ok) return null;
  if (why === undefined) return ["!", `finish not accepted yet: ${headline(summary, 80)}`];
  if (!asksForMore(why)) return ["!", `finish ${why.replace(/:$/, "")}`];
  return [
    "·",
    session.startsWith("reproduce") ? "asked to test other inputs, too" : "asked to read the change once more",
  ];
}

function finishedCall(event: EventOf<"call.finished">, summary: string): Said {
  const { tool, ok, exitCode, ms } = event;
  if (tool === "finish") return finish(event, summary);
  const exit = exitCode === null || exitCode === 0 ? "" : `exit ${exitCode}, `;
  const what = summary === "" ? tool : `${tool} ${headline(summary, 80)}`;
  return [ok ? "·" : "✗", `${what} (${exit}${duration(ms)})`];
}

function suite(event: EventOf<"suite.ran">): Said {
  const { purpose, verdict, passed, failed, skipped, unloaded = 0, killed, exitCode, ms } = event;
  const counts = [
    `${passed} passed`,
    `${failed} failed`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(unloaded > 0 ? [`${plural(unloaded, "file")} did not load`] : []),
  ].join(", ");
  const why = verdict === "broken" ? `, ${killed === null ? `exit ${exitCode}` : `stopped: ${killed}`}` : "";
  return [suiteMark(event), `${wordsOf(purpose)}: ${verdict}, ${counts}${why} (${duration(ms)})`];
}

/** Did executions show what they should? A test that does not even load is red without showing anything. */
export function suiteMark({
  purpose,
  verdict,
  unloaded = 0,
}: {
  readonly purpose: string;
  readonly verdict: string;
  readonly unloaded?: number | undefined;
}): Mark {
  const wanted = expectedVerdict(purpose);
  if (wanted === null) return verdict === "broken" ? "✗" : "·";
  if (verdict !== wanted) return "✗";
  return wanted === "red" && unloaded > 0 ? "!" : "✓";
}

/** On the way to a patch gates pass again and again; what they say in the end counts. */
function gate({ gate: name, verdict, reasons }: EventOf<"gate.judged">, last: boolean): Said {
  if (verdict === "pass") return last ? ["✓", `gate ${name}`] : null;
  return [
    verdict === "ask" ? "!" : "✗",
    `gate ${name} ${verdict === "ask" ? "asks" : "blocks"}: ${reasons.join("; ")}`,
  ];
}

/** "red-on-base" shows what it should only when it is red, "green-on-head" only when green; other executions just inform. */
function expectedVerdict(purpose: string): "red" | "green" | null {
  const [first] = purpose.split(/[-:]/);
  return first === "red" || first === "green" ? first : null;
}

/** A purpose as words: "red on base". */
export const wordsOf = (purpose: string): string =>
  purpose === "red-reverted" ? "red again without the patch" : purpose.replaceAll("-", " ");

/** 14:03:09 UTC. */
