import { nightTitle } from "../../reports/night-markdown.ts";
import { isGood, type NightReport, type NightRow, verdictOf } from "../../reports/night.ts";
import { duration, headline, money, printable } from "../../text.ts";
import { clockTime, type Times } from "../../times.ts";
import { paintMark, type Style } from "../style.ts";

/** The morning report for a terminal: what needs a person first. */
export function renderNight(report: NightReport, style: Style, times: Times): string {
  const { rows, notes, night, stopped, startedAt, endedAt } = report;
  const rank = (row: NightRow): number => (row.state === "waiting" ? 0 : row.state === "ended" ? 1 : 2);
  return [
    style.strong(`night ${night}: ${nightTitle(report)}`),
    style.faint(`${clockTime(startedAt, times)} to ${clockTime(endedAt, times)}; ${printable(stopped)}`),
    ...rows.toSorted((a, b) => rank(a) - rank(b)).map((row) => renderRow(row, style)),
    ...notes.map((note) => style.faint(`· ${printable(note)}`)),
    style.faint(`all of it: claw tree ${night}`),
  ].join("\n");
}

function renderRow(row: NightRow, style: Style): string {
  const good = isGood(row);
  const mark = paintMark(style, row.state === "waiting" ? "!" : good === null ? "·" : good ? "✓" : "✗");
  const cost =
    row.run === null ? "" : `  ${duration(row.ms)}, ${money(row.usd === null ? null : Math.round(row.usd * 1e9))}`;
  const lines = [
    `${mark} ${headline(printable(row.title), 70)}: ${verdictOf(row)}${row.level === null ? "" : ` (${row.level})`}${style.faint(cost)}`,
    row.pullRequest === null ? "" : `    ${printable(row.pullRequest)}`,
    row.reason === "" || good === true ? "" : `    ${headline(printable(row.reason), 160)}`,
    row.next === "" ? "" : `    ${style.strong("next")}  ${printable(row.next)}`,
  ];
  return lines.filter((line) => line !== "").join("\n");
}
