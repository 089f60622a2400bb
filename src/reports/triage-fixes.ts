import { plural } from "../text.ts";
import { headlineOf, type JudgedFailure, placeText, rateText } from "./triage-rows.ts";

/** Failures that one fix is tried for: their tests, of which those in `file` are its reproduction. */
export interface Regression {
  /** A file of the repository; null when none is known. */
  readonly file: string | null;
  /** In that file. */
  readonly shown: readonly JudgedFailure[];
  /** Of the same cause, in other files. */
  readonly others: readonly JudgedFailure[];
}

/** What became of one regression. */
export interface TriedFix {
  readonly tests: readonly string[];
  readonly file: string | null;
  /** The task that it is. */
  readonly task: string;
  /** Null when none was started. */
  readonly run: string | null;
  /** How its run ended; "not-tried" without one. */
  readonly outcome: string;
  readonly reason: string;
}

const sameCause = (a: JudgedFailure, b: JudgedFailure): boolean =>
  a.signature === b.signature || (a.file === b.file && a.firstBad !== null && a.firstBad.commit === b.firstBad?.commit);

/**
 * The regressions among judged failures, by their cause: one signature, or one file broken by one commit. Where tests cannot
 * be told apart, all are one. Flaky tests and trouble of the machine are none.
 */
export function regressionsIn(failures: readonly JudgedFailure[], apart = true): Regression[] {
  if (!apart) {
    const all = failures.filter(({ verdict }) => verdict === "regression");
    return all.length > 0 ? [{ file: null, shown: all, others: [] }] : [];
  }
  const causes: JudgedFailure[][] = [];
  for (const one of failures) {
    if (one.verdict !== "regression") continue;
    const known = causes.find((members) => members.some((member) => sameCause(member, one)));
    if (known) known.push(one);
    else causes.push([one]);
  }
  return causes.map((members) => {
    const file = members[0]?.file ?? null;
    return {
      file,
      shown: members.filter((one) => one.file === file),
      others: members.filter((one) => one.file !== file),
    };
  });
}

const MOST_TOLD = 5;
const MOST_CHARACTERS = 3000;

/** A regression as the text of an issue: what the executions said, and nothing that anybody guessed. */
export function regressionIssue({ shown, others }: Regression): string {
  const [first] = shown;
  if (!first) return "";
  const more = shown.length > 1 ? ` and ${plural(shown.length - 1, "more test")}` : "";
  const blame = first.firstBad;
  return [
    `Mend ${first.titles.join(" > ")}${more}: ${headlineOf(first)}`,
    blame
      ? `It passes at the commit before ${blame.commit.slice(0, 12)} (${blame.subject}), and fails since.`
      : `It ${first.because}.`,
    ...shown.slice(0, MOST_TOLD).map(told),
    shown.length > MOST_TOLD ? `… and ${shown.length - MOST_TOLD} more in the same file` : "",
    others.length > 0
      ? `By the same cause also: ${others
          .slice(0, MOST_TOLD)
          .map(({ test }) => test)
          .join(", ")}${others.length > MOST_TOLD ? ", …" : ""}`
      : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Flaky failures of one cause as the text of a task: what was counted, and what they say. */
export function flakyIssue(members: readonly JudgedFailure[]): string {
  const [first] = members;
  if (!first) return "";
  const more = members.length > 1 ? ` and ${plural(members.length - 1, "more test")}` : "";
  return [
    `Make ${first.titles.join(" > ")}${more} pass each time: ${headlineOf(first)}`,
    `It is flaky: it ${[first.because, rateText(first)].filter(Boolean).join("; ")}.`,
    ...members.slice(0, MOST_TOLD).map(told),
    members.length > MOST_TOLD ? `… and ${members.length - MOST_TOLD} more` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const told = (one: JudgedFailure): string =>
  [
    [one.titles.join(" > "), placeText(one)].filter(Boolean).join(", "),
    [one.message, one.stack].filter(Boolean).join("\n").slice(0, MOST_CHARACTERS),
  ].join("\n");

/** Failures that no fix is tried for, counted: "2 flaky, 1 infrastructure"; empty when there are none. */
export function leftAlone(failures: readonly JudgedFailure[]): string {
  const counts = new Map<string, number>();
  for (const { verdict } of failures) if (verdict !== "regression") counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
}
