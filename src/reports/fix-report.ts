import type { EventOf, Recorded } from "../ledger/events.ts";
import { duration, plural } from "../text.ts";
import { type EvidenceRow, foldEvidence, latestGates, notEnforced, sandboxFacts } from "../views/evidence.ts";
import { evidenceLevel } from "../views/evidence-level.ts";
import { foldRun, ofType } from "../views/run.ts";
import { foldSpend } from "../views/spend.ts";
import { lastModel } from "../views/tiers.ts";
import { diffstat } from "./diffstat.ts";
import { servedModels } from "./answered-by.ts";
import { type FixFacts, fixFacts } from "./fix-facts.ts";
import { code, fenced, plain, quoted, table } from "./markdown.ts";
import { costWords, escalationWords, tierWords } from "./price-words.ts";
import { onTheWaySection } from "./on-the-way.ts";

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
    changes(input),
    proof(events),
    gates(events),
    onTheWaySection(events),
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
    ...(sandboxFacts(events)?.waivedBy ? ["**without a sandbox**"] : []),
    `run ${code(run)}`,
    ...(started ? [`base ${code(started.base.slice(0, 12))}`, modelName(lastModel(events))] : []),
  ];
  return `# ${plain(fixFacts(events).task?.title ?? "A fix")}\n\n${facts.join(" · ")}`;
}

const modelName = (label: string | undefined): string => (label === undefined ? "no model" : plain(label));

export function whatFailed(events: readonly Recorded[]): string {
  const { task, author, reproduction } = fixFacts(events);
  const parts = ["## What failed"];
  if (task) parts.push(`The issue came from ${plain(task.source)}${author === null ? "" : `, by ${plain(author)}`}.`);
  if (!reproduction) return [...parts, "No failing test was recorded."].join("\n\n");
  parts.push(shownBy(reproduction));
  const { failure } = reproduction;
  const lines = failure.split("\n");
  const shown = lines.length > FAILURE_LINES ? [...lines.slice(0, FAILURE_LINES), "…"] : lines;
  return [...parts, fenced(shown.join("\n"))].join("\n\n");
}

function shownBy({ files, failing, existing, untied }: NonNullable<FixFacts["reproduction"]>): string {
  const where = files.length > 0 ? ` in ${files.map(code).join(", ")}` : "";
  const kind = existing ? "existing" : "new";
  const [tests, fails] =
    failing.length > 1
      ? [`${failing.length} ${kind} tests${where}`, "they fail"]
      : [`${existing ? "An" : "A"} ${kind} test${where}`, "it fails"];
  return untied
    ? `${tests} fail${failing.length > 1 ? "" : "s"} on the base. **Nothing in the task's words speaks of it: what is proven is that test, not those words.**`
    : `${tests} show${failing.length > 1 ? "" : "s"} it: ${fails} on the base.`;
}

/** Words of a model are marked as such, and quoted: they are a claim, not evidence. */
export function why(events: readonly Recorded[]): string {
  const summary = fixFacts(events).patch?.summary;
  if (!summary) return "";
  const label = lastModel(events);
  return `## Why, in the words of ${modelName(label)} (not checked)\n\n${quoted(summary)}`;
}

/** Every changed file, and what is known of the tests among them. */
export function changes({ diff, events }: FixReportInput): string {
  const rows = diffstat(diff).map(({ path, added, deleted }) => [
    code(path),
    added === null ? "binary" : `+${added}`,
    deleted === null ? "" : `−${deleted}`,
  ]);
  const { reproduction, patch } = fixFacts(events);
  const shown = (reproduction?.files ?? []).map(code).join(", ") || "the test that was named";
  const unseen = (patch?.tests ?? []).map(code).join(", ");
  const sentences =
    unseen === ""
      ? ""
      : `The reproduction, shown red on the base and frozen from then on, is ${shown}. The patch step added to other tests: ${unseen}. Nobody has seen those fail, so they prove nothing about the bug.`;
  return ["## The change", table(["file", "added", "deleted"], rows), sentences].filter(Boolean).join("\n\n");
}

/** What claw claims, each with the executions it rests on. */
export function proof(events: readonly Recorded[]): string {
  const found = fixFacts(events).proof;
  const rows = foldEvidence(events);
  const suites = ofType(events, "suite.ran");
  if (!found || rows.length === 0) return "";
  const lines = found.findings.map(({ claim, holds, facts }) => [
    plain(claim),
    holds ? "✓" : "✗",
    covered(
      events,
      suites.findLast(({ seq }) => facts.includes(seq)),
    ),
    executions(suites.filter(({ seq }) => facts.includes(seq))),
  ]);
  const command = rows.at(-1)?.last.command ?? "";
  const leftOut = fixFacts(events).suite?.leftOut ?? [];
  const sentences = [
    `Run by claw in clean checkouts, ${sandboxFacts(events)?.waivedBy ? "without a sandbox" : "in a sandbox"}, with ${code(command)}.`,
    ...(leftOut.length > 0 ? [`Left out of it, because these are no tests: ${leftOut.map(code).join(", ")}.`] : []),
    suiteSentence(events, rows),
  ];
  const parts = [
    "## The proof",
    table(["claim", "holds", "tests", "seen"], lines),
    sentences.join(" ").trim(),
    level(events),
  ];
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

/** Which tests an execution ran: some files, the whole suite, or those of a command of its own. */
function covered(events: readonly Recorded[], run: EventOf<"suite.ran"> | undefined): string {
  if (!run) return "";
  const { suite } = fixFacts(events);
  if (run.files.length > 0 && run.runner !== "generic") return run.files.map(code).join(", ");
  return suite === null || run.command === suite.shell ? "the whole suite" : code(run.command);
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

export function gates(events: readonly Recorded[]): string {
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

export function record({ run, events, head }: FixReportInput): string {
  const spend = foldSpend(events);
  const { started, activeMs } = foldRun(events);
  const { notes } = fixFacts(events);
  const tiers = tierWords(events);
  const escalated = escalationWords(events);
  const lacks = notEnforced(events);
  const waivedBy = sandboxFacts(events)?.waivedBy ?? null;
  const tokens = `${spend.inputTokens} tokens read (${spend.cachedTokens} from cache), ${spend.outputTokens} written`;
  const lines = [
    `- cost: ${plain(costWords(events))}, ${plural(spend.turns, "turn")}, ${tokens}, ${duration(activeMs)}`,
    ...(escalated ? [`- models: ${plain(escalated)}`] : []),
    ...(tiers ? [`- the same run at other service tiers: ${tiers}`] : []),
    `- answered by: ${servedModels(events).map(plain).join(", ") || modelName(started?.model?.label)}`,
    ...(waivedBy !== null ? [`- **no sandbox**: ${plain(waivedBy)} wanted commands to run without one`] : []),
    ...(lacks.length > 0 && waivedBy === null
      ? [`- sandbox: not enforced on this machine: ${plain(lacks.join(", "))}`]
      : []),
    ...notes.map((note) => `- note: ${plain(note)}`),
    `- every prompt, reply, command and result: ${code(`claw log ${run}`)}; ledger head when this was written: ${code(`sha256:${head}`)}`,
  ];
  return `## Cost and record\n\n${lines.join("\n")}`;
}
