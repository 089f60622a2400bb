import type { Finding, Level } from "../../models/probe/finding.ts";
import { printable } from "../../text.ts";
import type { Style } from "../style.ts";

const labels: Readonly<Record<Level, string>> = {
  ok: "ok",
  warning: "warning",
  problem: "problem",
  skipped: "not tried",
};

/** One finding as a line of a table, and what to do about it below. What a server said is made safe to show. */
export function findingLines({ check, level, text, remedy }: Finding, style: Style): string {
  const paint = { ok: style.good, warning: style.warn, problem: style.bad, skipped: style.faint }[level];
  const line = `${paint(labels[level].padEnd(9))}  ${check.padEnd(15)} ${oneLine(text)}`;
  return remedy === null ? line : `${line}\n${" ".repeat(27)}→ ${oneLine(remedy)}`;
}

const oneLine = (text: string): string => printable(text).replace(/\s+/g, " ");
