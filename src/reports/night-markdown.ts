import { duration, money, plural } from "../text.ts";
import { code, plain } from "./markdown.ts";
import { isGood, type NightReport, type NightRow, verdictOf } from "./night.ts";

/** A night in one line: "3 works: 1 proven, 1 not reproduced, 1 waits for a person; $0.42". */
export function nightTitle({ rows, usd }: NightReport): string {
  if (rows.length === 0) return "nothing was wanted";
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(verdictOf(row), (counts.get(verdictOf(row)) ?? 0) + 1);
  const parts = [...counts].map(([verdict, count]) => `${count} ${verdict}`);
  return `${parts.join("; ")} (${money(nano(usd))})`;
}

/** A night for a person in the morning: what needs them first, then what was done, then what was left. */
export function nightMarkdown(report: NightReport): string {
  const { night, rows, stopped, notes, startedAt, endedAt, caps } = report;
  const open = rows.filter(({ state }) => state === "waiting");
  const done = rows.filter(({ state }) => state === "ended");
  const rest = rows.filter(({ state }) => state !== "waiting" && state !== "ended");
  const limits = [plural(caps.pullRequests, "pull request"), caps.usd === null ? null : money(nano(caps.usd))];
  return [
    `# Night of ${day(startedAt)}: ${plain(nightTitle(report))}`,
    `${clock(startedAt)} to ${clock(endedAt)} UTC; at most ${limits.filter(Boolean).join(" and ")}. ${plain(stopped)}.`,
    ...section("Waiting for you", open),
    ...section("Done", done),
    ...section("Left", rest),
    ...(notes.length > 0 ? ["## Notes", notes.map((note) => `- ${plain(note)}`).join("\n")] : []),
    `Everything that was done is on record: ${code(`claw tree ${night}`)}`,
  ]
    .join("\n\n")
    .concat("\n");
}

const section = (title: string, rows: readonly NightRow[]): string[] =>
  rows.length === 0 ? [] : [`## ${title}`, rows.map(entry).join("\n")];

function entry(row: NightRow): string {
  const { title, source, run, reason, next, pullRequest, branch, level, ms } = row;
  const good = isGood(row);
  const facts = [
    pullRequest === null ? null : plain(pullRequest),
    branch === null ? null : code(branch),
    level,
    run === null ? null : `${duration(ms)}, ${money(nano(row.usd))}`,
    run === null ? null : code(run),
  ].filter((fact) => fact !== null);
  return [
    `- ${good === null ? "" : good ? "✓ " : "✗ "}**${plain(title)}**: ${verdictOf(row)}${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`,
    reason === "" ? "" : `  ${plain(reason)}`,
    next === "" ? "" : `  Next: ${code(next)}`,
    source === "" ? "" : `  Asked for in ${plain(source)}`,
  ]
    .filter((line) => line !== "")
    .join("  \n");
}

const nano = (usd: number | null): number | null => (usd === null ? null : Math.round(usd * 1e9));
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
const clock = (at: number): string => new Date(at).toISOString().slice(11, 16);
