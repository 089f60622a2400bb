import type { StageState } from "./run.ts";
import type { StageRow } from "./stages.ts";

/** What runs like this one took before, in milliseconds of work: medians of at least two. */
export interface Pace {
  /** By stage; only those that passed are counted. */
  readonly stages: Readonly<Record<string, number>>;
  /** All stages of a run together; null with fewer than two whole runs. */
  readonly whole: number | null;
}

/** Fewer say nothing about what is usual. */
const LEAST = 2;

/** From the stages of runs that did what was asked for. */
export function paceOf(runs: readonly (readonly StageRow[])[]): Pace {
  const passed = runs.flat().filter(({ verdict }) => verdict === "passed");
  const byStage = Map.groupBy(passed, ({ name }) => name);
  const stages = [...byStage].flatMap(([name, rows]) => {
    const usual = median(rows.map(({ ms }) => ms));
    return usual === null ? [] : [[name, usual] as const];
  });
  return {
    stages: Object.fromEntries(stages),
    whole: median(runs.map((rows) => rows.reduce((sum, { ms }) => sum + ms, 0))),
  };
}

/** The middle one, the lower of two. */
function median(values: readonly number[]): number | null {
  if (values.length < LEAST) return null;
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? null;
}

/** Why a stage ended without success, in one line; empty for one that goes on or did what it should. */
export function stageNote({ output, finishedAt }: StageState): string {
  if (finishedAt === null || typeof output !== "object" || output === null) return "";
  if ("end" in output) return endNote(output.end);
  if ("holds" in output && output.holds !== true && "findings" in output && Array.isArray(output.findings))
    return `not shown: ${output.findings.filter(fails).map(claimOf).join("; ")}`;
  if ("worst" in output && output.worst !== "pass" && "reasons" in output && Array.isArray(output.reasons))
    return output.reasons.map(String).join("; ");
  return "";
}

function endNote(end: unknown): string {
  if (typeof end !== "object" || end === null || !("outcome" in end)) return "";
  const reason = "reason" in end && typeof end.reason === "string" ? end.reason : "";
  return [String(end.outcome), reason.split("\n", 1)[0]].filter(Boolean).join(": ");
}

const fails = (finding: unknown): boolean =>
  typeof finding === "object" && finding !== null && "holds" in finding && finding.holds === false;

const claimOf = (finding: unknown): string =>
  typeof finding === "object" && finding !== null && "claim" in finding ? String(finding.claim) : "";
