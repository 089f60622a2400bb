import { fixFacts } from "../reports/fix-facts.ts";
import { costWords, escalationWords, tierWords } from "../reports/price-words.ts";
import { type Result, resultOf, type RunFacts } from "../reports/result.ts";
import { duration, headline, money, plural, printable } from "../text.ts";
import { dayAndTime, type Times, utcTimes } from "../times.ts";
import { flowCost, flowSteps, flowTokens } from "../views/flow.ts";
import { foldRun } from "../views/run.ts";
import { foldSpend } from "../views/spend.ts";
import { waitingFor } from "../views/waiting.ts";
import { betweenCommands, hang } from "./hang.ts";
import { paintMark, type Style } from "./style.ts";

/** How a run stands, in about ten lines no wider than `columns`: the end of `claw fix`, the beginning of `claw show`. */
export function summary(facts: RunFacts, style: Style, columns = Infinity, times: Times = utcTimes): string {
  const result = resultOf(facts);
  const state = foldRun(facts.events);
  const spend = foldSpend(facts.events);
  const tiers = tierWords(facts.events);
  const escalated = escalationWords(facts.events);
  const flow = flowSteps(facts.events);
  const tokens = spend.inputTokens + spend.outputTokens;
  const rows: [name: string, text: string | null][] = [
    [
      "run",
      `${facts.run}  ${style.faint(`${result.workflow} of ${result.base.slice(0, 12)} in ${said(result.repository)}`)}`,
    ],
    ["issue", result.task && `${said(result.task.title)}  ${style.faint(`from ${said(result.task.source)}`)}`],
    ["model", result.model && said(result.model.label)],
    ...claims(facts, style).map((claim, index): [string, string] => [index === 0 ? "proof" : "", claim]),
    ["level", result.evidenceLevel ? levelLine(result.evidenceLevel, style) : null],
    ...stepLines(facts, style).map((line, index): [string, string] => [index === 0 ? "steps" : "", line]),
    ["gates", gatesLine(result, style)],
    ["waits", waitsLine(facts, times)],
    ["change", result.diff && `${plural(result.diff.files, "file")}, +${result.diff.added} −${result.diff.deleted}`],
    ["branch", result.branch && `${result.branch}  ${style.faint(result.commit?.slice(0, 12) ?? "")}`],
    ["pull", result.pullRequest ?? null],
    [
      "cost",
      flow.length > 0
        ? `${money(flowCost(flow))} and ${flowTokens(flow)} tokens for its steps, ${duration(state.activeMs)}`
        : `${costWords(facts.events)}, ${plural(spend.turns, "turn")}, ${tokens} tokens, ${duration(state.activeMs)}`,
    ],
    ["moved", escalated && said(escalated)],
    ["tiers", tiers && `the same run at ${tiers}`],
    ["refused", refusedLine(result)],
    [
      "sandbox",
      result.sandbox?.waivedBy
        ? style.strong(`none: ${said(result.sandbox.waivedBy)} wanted commands to run without one`)
        : result.notEnforced.length > 0
          ? `not enforced on this machine: ${result.notEnforced.join(", ")}`
          : null,
    ],
    ...result.notes.map((note): [string, string] => ["note", said(note)]),
    ["next", nextStep(result)],
  ];
  const lines = rows.flatMap(([name, text]) =>
    text ? [`  ${style.faint(name.padEnd(7))} ${hang(text, columns, name === "next" ? betweenCommands : / /)}`] : [],
  );
  return [hang(headlineOf(result, style), columns), ...lines].join("\n");
}

/** Of a flow with many items the newest are told. */
const STEPS = 12;

/** "✓ mend[2] proven: …  run 1ng3ek…". */
function stepLines({ events, run }: RunFacts, style: Style): readonly string[] {
  const steps = flowSteps(events);
  const before = Math.max(0, steps.length - STEPS);
  const lines = steps.slice(before).map(({ name, outcome, reason, run: child }) => {
    const mark = outcome === "skipped" ? "·" : outcome === "proven" || outcome === "done" ? "✓" : "✗";
    return `${paintMark(style, mark)} ${name} ${outcome}: ${said(reason)}${child === null ? "" : `  ${style.faint(child)}`}`;
  });
  return before > 0 ? [`${plural(before, "earlier one")}: claw tree ${run}`, ...lines] : lines;
}

/** Words of others as one safe line. */
const said = (text: string): string => headline(printable(text).replace(/\s+/g, " "), 200);

/** "the reproduction does not pass in a clean checkout: a.test.ts > adds": what follows a reason is for `claw show`. */
function reasonLine(reason: string): string {
  const [first = "", ...more] = printable(reason).trim().split("\n");
  if (!first.endsWith(":")) return said(first);
  const failing = [...new Set(more.flatMap((line) => /^✗ (.+)/.exec(line)?.[1] ?? []))];
  return said(failing.length > 0 ? `${first} ${failing.join(", ")}` : first.slice(0, -1));
}

function headlineOf(result: Result, style: Style): string {
  const reason = reasonLine(result.reason);
  switch (result.status) {
    case "running":
      return `${paintMark(style, "…")} ${style.strong("running")}  ${runningStage(result)}`;
    case "interrupted":
      return `${paintMark(style, "!")} ${style.strong("interrupted")}  ${reason}`;
    case "paused":
      // A session that a person left can be gone on with, and nothing is amiss.
      return `${paintMark(style, result.outcome === "done" ? "✓" : "!")} ${style.strong(result.outcome ?? "paused")}  ${reason}`;
    case "ended": {
      const good = result.outcome === "proven" || result.outcome === "done";
      return `${paintMark(style, good ? "✓" : "✗")} ${style.strong(result.outcome ?? "ended")}  ${reason}`;
    }
  }
}

/** What a waiting run waits for, or who has allowed it to go on. */
function waitsLine({ events }: RunFacts, times: Times): string | null {
  const waiting = waitingFor(events);
  if (!waiting) return null;
  const { approval, expires } = waiting;
  if (approval)
    return said(`approved by ${approval.by} until ${dayAndTime(approval.expires, times)}: it can be resumed`);
  return expires === null ? "for a person" : `for a person, until ${dayAndTime(expires, times)}; then it is blocked`;
}

const runningStage = ({ stages }: Result): string => {
  const last = stages.findLast(({ finished }) => !finished) ?? stages.at(-1);
  return last ? `in stage ${last.name}` : "";
};

const claims = ({ events }: RunFacts, style: Style): readonly string[] =>
  (fixFacts(events).proof?.findings ?? []).map(
    ({ claim, holds }) => `${paintMark(style, holds ? "✓" : "✗")} ${said(claim)}`,
  );

/** "L2  more would be: 2 more distinct failing inputs; …". */
const levelLine = ({ level, wouldRaise }: NonNullable<Result["evidenceLevel"]>, style: Style): string =>
  `${level}${wouldRaise.length > 0 ? style.faint(`  more would be: ${wouldRaise.join("; ")}`) : ""}`;

function gatesLine({ gates }: Result, style: Style): string | null {
  if (gates.length === 0) return null;
  const passed = gates.filter(({ verdict }) => verdict === "pass").length;
  const others = gates.filter(({ verdict }) => verdict !== "pass");
  const told = others.map(({ gate, verdict, reasons }) => {
    return `${paintMark(style, verdict === "ask" ? "!" : "✗")} ${gate} ${verdict === "ask" ? "asks" : "blocks"}: ${said(reasons.join("; "))}`;
  });
  return [`${passed} of ${gates.length} passed`, ...told].join("  ");
}

/** Only for a run without a report: that one tells all of it. */
function refusedLine({ outcome, onTheWay: { refusals } }: Result): string | null {
  const last = refusals.at(-1);
  if (!last || outcome === "proven") return null;
  const times = refusals.length > 1 ? `${refusals.length} times, the last: ` : "";
  return said(`${times}${last.session}: ${last.why}`);
}

/** One thing to do next, with the run's id where a command lacks it. */
function nextStep({ run, hint, status, resumable }: Result): string | null {
  if (status === "running") return `claw show ${run} --follow`;
  const said = printable(hint).replace(/claw (resume|diff|log|show|apply)(?! [0-9a-z]{12})/g, `claw $1 ${run}`);
  if (said.includes("claw ")) return said;
  return [said, resumable ? `claw resume ${run}` : `claw log ${run}`]
    .filter(Boolean)
    .join(resumable ? "; then: " : "; what happened: ");
}
