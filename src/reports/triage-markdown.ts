import { plural } from "../text.ts";
import { code, fenced, plain, table } from "./markdown.ts";
import { groupLetter, headlineOf, placeText, rateText, type TriageGroup, type TriageReport } from "./triage-rows.ts";

const marks: Readonly<Record<string, string>> = {
  regression: "🔴",
  build: "🔴",
  timeout: "🟠",
  unknown: "⚪",
  "pre-existing": "🟤",
  infrastructure: "🔌",
  flaky: "🟡",
};

/** Groups that are told with their words; others stay in the table. */
const TOLD = 20;
/** A summary of a step may have a megabyte; a comment less than that. */
const MOST = 60_000;

/** What a triage found, for the summary of a step or a comment. */
export function triageMarkdown(report: TriageReport): string {
  const { groups, failures, notes, head, base, run } = report;
  const counts = new Map<string, number>();
  for (const { verdict } of failures) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const title =
    failures.length === 0 ? "Nothing fails" : [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  const between = [head && `head ${code(head.slice(0, 12))}`, base && `base ${code(base.slice(0, 12))}`]
    .filter(Boolean)
    .join(", ");
  const text = [
    `## Triage: ${title}`,
    between,
    failures.length > 0
      ? table(
          ["", "verdict", "test", "where", "why"],
          groups.slice(0, 100).map((group, index) => row(group, report.explanation ? `${groupLetter(index)}. ` : "")),
        )
      : "",
    groups.length > 100 ? `… and ${groups.length - 100} more groups` : "",
    ...groups.slice(0, TOLD).map(details),
    report.explanation ? explained(report.explanation) : "",
    notes.length > 0 ? notes.map((note) => `- ${plain(note)}`).join("\n") : "",
    run === null ? "" : `Evidence: ${code(`claw log ${run}`)}`,
  ]
    .filter((part) => part !== "" && part !== null)
    .join("\n\n");
  return `${text.length > MOST ? `${text.slice(0, MOST)}\n\n…` : text}\n`;
}

/** Words of a model, marked as such: quoted, so that they can make no heading, table or mention of their own. */
const explained = ({ model, text }: { readonly model: string; readonly text: string }): string =>
  [`In the words of ${code(model)}, which decided none of the verdicts:`, fenced(text)].join("\n\n");

function row({ verdict, members }: TriageGroup, letter: string): string[] {
  const [first] = members;
  if (!first) return [];
  const more = members.length > 1 ? ` and ${plural(members.length - 1, "more test")} of the same cause` : "";
  return [
    marks[verdict] ?? "",
    verdict,
    `${letter}${code(first.titles.join(" > "))}${more}`,
    placeText(first) === "" ? "" : code(placeText(first)),
    plain([first.because, rateText(first)].filter(Boolean).join("; ")),
  ];
}

function details({ verdict, members }: TriageGroup): string {
  const [first] = members;
  if (!first) return "";
  const blame = first.firstBad
    ? `First bad commit: ${code(first.firstBad.commit.slice(0, 12))} ${plain(first.firstBad.subject)} (${plain(first.firstBad.author)})`
    : "";
  const others = members.slice(1, 11).map(({ test }) => `- ${code(test)}`);
  const rest = members.length > 11 ? [`- … and ${members.length - 11} more`] : [];
  return [
    `<details><summary>${marks[verdict] ?? ""} ${plain(first.test)}: ${plain(headlineOf(first)).slice(0, 200)}</summary>`,
    blame,
    fenced([first.message, first.stack].filter(Boolean).join("\n").slice(0, 1500)),
    [...others, ...rest].join("\n"),
    "</details>",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}
