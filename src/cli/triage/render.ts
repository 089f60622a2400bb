import { plural, printable } from "../../text.ts";
import {
  groupLetter,
  headlineOf,
  placeText,
  rateText,
  type TriageGroup,
  type TriageReport,
} from "../../reports/triage-rows.ts";
import type { Style } from "../style.ts";

/** Groups that are told; of more a person sees how many there are. */
const MOST_GROUPS = 40;

/** What a triage found as lines for a terminal: the worst first, one cause once. */
export function renderTriage(
  { groups, failures, notes, totals, explanation }: TriageReport,
  style: Style,
  columns: number,
): string[] {
  const told = groups
    .slice(0, MOST_GROUPS)
    .flatMap((group, index) => lines(group, { style, columns, letter: explanation ? `${groupLetter(index)}. ` : "" }));
  const more = groups.slice(MOST_GROUPS);
  const rest =
    more.length === 0
      ? []
      : [
          `… ${plural(more.length, "more group")} of ${plural(
            more.reduce((sum, { members }) => sum + members.length, 0),
            "failure",
          )}: --json tells all`,
        ];
  const passed = totals.passed > 0 ? `, ${totals.passed} passed` : "";
  const head =
    failures.length === 0
      ? totals.passed > 0
        ? `nothing fails${passed}`
        : "no failure found"
      : `${plural(failures.length, "failure")} in ${plural(groups.length, "group")}${passed}`;
  const words = explanation
    ? [
        style.faint(`in the words of ${printable(explanation.model)}, which decided none of the verdicts:`),
        ...explanation.text.split("\n").map((line) => (line.trim() === "" ? "" : `  ${printable(line)}`)),
      ]
    : [];
  return [
    style.strong(head),
    ...told,
    ...rest,
    ...words,
    ...notes.map((note) => style.faint(`note: ${printable(note)}`)),
  ];
}

interface Look {
  readonly style: Style;
  readonly columns: number;
  /** What an explanation calls the group. */
  readonly letter: string;
}

function lines({ verdict, members }: TriageGroup, { style, columns, letter }: Look): string[] {
  const [first] = members;
  if (!first) return [];
  const paint =
    verdict === "regression" || verdict === "build"
      ? style.bad
      : verdict === "infrastructure"
        ? style.faint
        : style.warn;
  const cut = (text: string): string =>
    text.length > columns - 2 ? `${text.slice(0, Math.max(20, columns - 3))}…` : text;
  const place = placeText(first);
  const name = printable(first.titles.join(" > "));
  const others =
    members.length > 1
      ? `  and ${plural(members.length - 1, "more test")} of the same cause: ${printable(
          members
            .slice(1, 4)
            .map(({ titles }) => titles.at(-1) ?? "")
            .join(", "),
        )}${members.length > 4 ? ", …" : ""}`
      : null;
  return [
    `${paint(verdict.padEnd(14))} ${style.strong(`${letter}${name}`)}${place === "" ? "" : `  ${style.faint(printable(place))}`}`,
    ...[
      `  ${printable(headlineOf(first))}`,
      `  ${[first.because, rateText(first)].filter(Boolean).join("; ")}`,
      first.firstBad &&
        `  first bad commit: ${first.firstBad.commit.slice(0, 12)} ${printable(first.firstBad.subject)} (${printable(first.firstBad.author)})`,
      others,
    ].flatMap((line) => (line === null ? [] : [cut(line)])),
  ];
}
