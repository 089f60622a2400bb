import type { Execution } from "./coverage.ts";
import type { Frame } from "./stack-lines.ts";

/** A line, and how much the failing tests point at it, from 0 to 1. */
export interface Suspect {
  readonly path: string;
  readonly line: number;
  readonly score: number;
}

/** A line that the failure itself names is this much more likely. */
const NAMED = 1.5;

/**
 * Lines that failing tests run, the most suspicious first: how many failing and how few passing executions reach them,
 * ef / √((ef + nf)(ef + ep)). Lines alike keep the order of path and line. `own` says which files may be at fault.
 */
export function rankSuspects(
  executions: readonly Execution[],
  named: readonly Frame[],
  own: (path: string) => boolean,
): Suspect[] {
  const failing = executions.filter(({ failed }) => failed);
  const passing = executions.filter(({ failed }) => !failed);
  const hits = (path: string, line: number, among: readonly Execution[]): number =>
    among.filter(({ lines }) => lines.get(path)?.has(line)).length;
  const isNamed = new Set(named.map(({ path, line }) => `${path}:${line}`));
  return reached(failing)
    .filter(({ path }) => own(path))
    .map(({ path, line }) => {
      const ef = hits(path, line, failing);
      const score = ef / Math.sqrt(failing.length * (ef + hits(path, line, passing)));
      return { path, line, score: Math.min(1, score * (isNamed.has(`${path}:${line}`) ? NAMED : 1)) };
    })
    .toSorted(bySuspicion);
}

/** Without coverage: lines that the failure names, and with less and less weight those around them. */
export function suspectsFromStack(named: readonly Frame[], own: (path: string) => boolean): Suspect[] {
  const scores = new Map<string, Suspect>();
  for (const { path, line } of named.filter((frame) => own(frame.path))) {
    for (let distance = -10; distance <= 10; distance++) {
      const near = { path, line: line + distance, score: 1 / (1 + Math.abs(distance)) };
      const key = `${path}:${near.line}`;
      if (near.line > 0 && near.score > (scores.get(key)?.score ?? 0)) scores.set(key, near);
    }
  }
  return [...scores.values()].toSorted(bySuspicion);
}

const bySuspicion = (a: Suspect, b: Suspect): number =>
  b.score - a.score || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0) || a.line - b.line;

function reached(failing: readonly Execution[]): Frame[] {
  const found = new Map<string, Frame>();
  for (const { lines } of failing) {
    for (const [path, numbers] of lines) for (const line of numbers) found.set(`${path}:${line}`, { path, line });
  }
  return [...found.values()];
}
