import type { EventOf, Recorded } from "../ledger/events.ts";
import { duration, money, plural } from "../text.ts";
import { type EvidenceRow, foldEvidence, latestGates } from "../views/evidence.ts";
import { evidenceLevel } from "../views/evidence-level.ts";
import { foldRun, ofType } from "../views/run.ts";
import { foldSpend, shownCost } from "../views/spend.ts";
import { diffstat } from "./diffstat.ts";
import { servedModels } from "./answered-by.ts";
import { fixFacts } from "./fix-facts.ts";
import { code, fenced, plain, quoted, table } from "./markdown.ts";

export interface FixReportInput {
  readonly run: string;
  readonly events: readonly Recorded[];
  /** The ledger's head when the report is written. */
  readonly head: string;
  /** The whole change, reproduction included, as unified text. */
  readonly diff: string;
}

/** Lines of the failure that are shown; the whole text is in the record. */
const FAILURE_LINES = 14;

/** What a reviewer needs to judge a fix, as Markdown: one screen, then the change. */
export function fixReport(input: FixReportInput): string {
  const { events, diff } = input;
  const sections = [
    title(input),
    whatFailed(events),
    why(events),
    ["## The change", changes(diff)].join("\n\n"),
    proof(events),
    gates(events),
    record(input),
    ["## The patch", fenced(diff.trimEnd(), "diff")].join("\n\n"),
  ];
  return `${sections.filter(Boolean).join("\n\n")}\n`;
}

function title({ run, events }: FixReportInput): string {
  const { started, end } = foldRun(events);
  const { proof: found } = fixFacts(events);
  const status = end?.outcome ?? (found ? `the proof ${found.holds ? "holds" : "does not hold"}` : "not proven");
  const facts = [
    `**${status}**`,
    `run ${code(run)}`,
    ...(started ? [`base ${code(started.base.slice(0, 12))}`, modelName(started.model?.label)] : []),
  ];
  return `# ${plain(fixFacts(events).task?.title ?? "A fix")}\n\n${facts.join(" · ")}`;
}

const modelName = (label: string | undefined): string => (label === undefined ? "no model" : plain(label));

function whatFailed(events: readonly Recorded[]): string {
  const { task, reproduction } = fixFacts(events);
  const parts = ["## What failed"];
  if (task) parts.push(`The issue came from ${plain(task.source)}.`);
  if (!reproduction) return [...parts, "No failing test was recorded."].join("\n\n");
  const { files, failing, failure, existing } = reproduction;
  const where = files.length > 0 ? ` in ${files.map(code).join(", ")}` : "";
  parts.push(
    `${existing ? "An existing test" : "A new test"}${where} shows it. On the base ${plural(failing.length, "test")} of it ${failing.length === 1 ? "fails" : "fail"}:`,
  );
  const lines = failure.split("\n");
  const shown = lines.length > FAILURE_LINES ? [...lines.slice(0, FAILURE_LINES), "…"] : lines;
  return [...parts, fenced(shown.join("\n"))].join("\n\n");
}

/** Words of a model are marked as such, and quoted: they are a claim, not evidence. */
function why(events: readonly Recorded[]): string {
  const summary = fixFacts(events).patch?.summary;
  if (!summary) return "";
  const label = foldRun(events).started?.model?.label;
  return `## Why, in the words of ${modelName(label)} (not checked)\n\n${quoted(summary)}`;
}

function changes(diff: string): string {
  const rows = diffstat(diff).map(({ path, added, deleted }) => [
    code(path),
    added === null ? "binary" : `+${added}`,
    deleted === null ? "" : `−${deleted}`,
  ]);
  return table(["file", "added", "deleted"], rows);
}

/** What claw claims, each with the executions it rests on. */
function proof(events: readonly Recorded[]): string {
  const found = fixFacts(events).proof;
  const rows = foldEvidence(events);
  const suites = ofType(events, "suite.ran");
  if (!found || rows.length === 0) return "";
  const lines = found.findings.map(({ claim, holds, facts }) => [
    plain(claim),
    holds ? "✓" : "✗",
    executions(suites.filter(({ seq }) => facts.includes(seq))),
  ]);
  const command = rows.at(-1)?.last.command ?? "";
  const sentences = [
    `Run by claw in clean checkouts, in a sandbox, with ${code(command)}.`,
    suiteSentence(events, rows),
  ];
  const parts = ["## The proof", table(["claim", "holds", "seen"], lines), sentences.join(" ").trim(), level(events)];
  return parts.filter(Boolean).join("\n\n");
}

/** How far the evidence goes, and what would take it further. */
function level(events: readonly Recorded[]): string {
  const found = evidenceLevel(events);
  if (!found) return "";
  const lines = [
    ...found.raisedBy.map((clause) => `- raised by: ${plain(clause)}`),
    ...found.wouldRaise.map((clause) => `- would raise it: ${plain(clause)}`),
  ];
  return `Evidence: **${found.level}** of L0 to L3.\n\n${lines.join("\n")}`;
}

/** "3 times red: 0 passed, 1 failed, 1.2 s". */
function executions(suites: readonly EventOf<"suite.ran">[]): string {
  const [last] = suites.slice(-1);
  if (!last) return "never run";
  const times = suites.length > 1 ? `${suites.length} times ` : "";
  const skipped = last.skipped > 0 ? `, ${last.skipped} skipped` : "";
  return `${times}${last.verdict}: ${last.passed} passed, ${last.failed} failed${skipped}, ${duration(last.ms)}`;
}

/** Regressions in one sentence; failures that were there before are named as such. */
function suiteSentence(events: readonly Recorded[], rows: readonly EvidenceRow[]): string {
  const before = rows.find(({ purpose }) => purpose === "baseline")?.last.failed ?? 0;
  const judged = latestGates(events).find(({ gate }) => gate === "regressions");
  if (!judged || !rows.some(({ purpose }) => purpose.startsWith("suite-"))) return "";
  const news =
    judged.verdict === "pass"
      ? "No test of the suite is newly failing."
      : `Newly failing: ${judged.reasons.join("; ")}.`;
  return before > 0 ? `${news} ${plural(before, "test")} failed on the base already.` : news;
}

function gates(events: readonly Recorded[]): string {
  const judged = latestGates(events);
  if (judged.length === 0) return "";
  const passed = judged.filter(({ verdict }) => verdict === "pass").map(({ gate }) => gate);
  const others = judged.filter(({ verdict }) => verdict !== "pass");
  const lines = [
    ...others.map(
      ({ gate, verdict, reasons }) =>
        `- **${gate}** ${verdict === "ask" ? "asks" : "blocks"}: ${plain(reasons.join("; "))}`,
    ),
    ...(passed.length > 0 ? [`- passed: ${passed.join(", ")}`] : []),
  ];
  return `## Gates\n\n${lines.join("\n")}`;
}

function record({ run, events, head }: FixReportInput): string {
  const spend = foldSpend(events);
  const { started, activeMs } = foldRun(events);
  const { notes } = fixFacts(events);
  const tokens = `${spend.inputTokens} tokens read (${spend.cachedTokens} from cache), ${spend.outputTokens} written`;
  const lines = [
    `- cost: ${money(shownCost(spend))}, ${plural(spend.turns, "turn")}, ${tokens}, ${duration(activeMs)}`,
    `- answered by: ${servedModels(events).map(plain).join(", ") || modelName(started?.model?.label)}`,
    ...notes.map((note) => `- note: ${plain(note)}`),
    `- every prompt, reply, command and result: ${code(`claw log ${run}`)}; ledger head when this was written: ${code(`sha256:${head}`)}`,
  ];
  return `## Cost and record\n\n${lines.join("\n")}`;
}
