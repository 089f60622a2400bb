import { type Budget, isKept, type Row } from "./row.ts";

const headings = ["", "", "floor", "× floor", "budget", ""] as const;

/** The rows of one measurement as aligned text. */
export function table(rows: readonly Row[]): string {
  const cells = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join("  ");
  const [heading = "", ...body] = cells.map((texts) => `  ${line(texts)}`.trimEnd());
  return [
    heading,
    ...body.map((text, index) => (rows[index]?.note ? `${text}\n      ${rows[index].note}` : text)),
  ].join("\n");
}

function cellsOf(row: Row): string[] {
  const { what, value, unit, floor, ratio, budget } = row;
  const kept = isKept(row);
  return [
    row.goal === undefined ? what : `${row.goal} ${what}`,
    `${figure(value)} ${unit}`,
    floor === undefined ? "" : figure(floor),
    ratio === undefined ? "" : ratio.toFixed(2),
    budget ? budgetText(budget) : "",
    kept === null ? "" : kept ? "ok" : "MISSED",
  ];
}

const budgetText = ({ of, most, least }: Budget): string =>
  [most === undefined ? "" : `≤ ${figure(most)}`, least === undefined ? "" : `≥ ${figure(least)}`].join("") +
  (of === "ratio" ? " ×" : "");

/** Three digits are enough, and thousands are whole. */
const figure = (value: number): string =>
  Math.abs(value) >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en")
    : value.toLocaleString("en", { maximumSignificantDigits: 3 });
