import { createHash } from "node:crypto";
import { failedTests, type SuiteResult } from "../../suite/suite.ts";
import type { Candidate } from "./candidates.ts";
import type { Lab, Part, Trial, Worker } from "./lab.ts";

/** What became of a candidate. "refuted": it passed all that the search looks at, and failed a test that was held out. */
export type Fate = "plausible" | "refuted" | "failed" | "timeout";

export interface Verdict {
  readonly candidate: Candidate;
  readonly fate: Fate;
  /** Tests that were held out, and passed. */
  readonly heldOut: number;
  readonly cpuMs: number;
}

/** Of the tests that pass on the base, this share is kept back to judge what the others let through. */
const HELD_OUT = 0.3;
const MIN_WALL_MS = 2000;

/** The longest a part of the suite may take with a candidate: a change that makes it ten times slower is no fix. */
export const wallFor = (baselineMs: number): number => Math.max(10 * baselineMs, MIN_WALL_MS);

/** Is a test kept back? Decided by its id alone, so that it is the same in every run. */
export const isHeldOut = (id: string): boolean =>
  createHash("sha1").update(id).digest().readUInt32LE() / 2 ** 32 < HELD_OUT;

/** Judges a candidate by its trial with the failing tests, and if that holds by those that reach its line, then by everything. */
export async function judgeCandidate(
  { lab, walls }: { readonly lab: Lab; readonly walls: Walls },
  worker: Worker,
  candidate: Candidate,
  first: Trial,
): Promise<Verdict> {
  let [heldOut, cpuMs, refuted] = [0, 0, false];
  const end = (fate: Fate): Verdict => ({ candidate, fate, heldOut, cpuMs });
  for (const part of lab.partsFor(candidate)) {
    const { result, cpuMs: used } = part === "failing" ? first : await worker.run(candidate, part, walls(part));
    cpuMs += used;
    if (result.killed === "timeout") return end("timeout");
    if (result.killed !== null || !holds(lab, result, part)) return end("failed");
    const kept = keptBack(lab, result);
    refuted ||= kept.failed > 0;
    heldOut = Math.max(heldOut, kept.passed);
  }
  return end(refuted ? "refuted" : "plausible");
}

/** How long each part of the suite may take. */
export type Walls = (part: Part) => number;

/** The longest that parts may take with a candidate, by how long they take without a change. */
export function wallsFor({ allMs }: Lab, workers: readonly Worker[]): Walls {
  const failing = wallFor(Math.max(...workers.map(({ failingMs }) => failingMs)));
  const all = Math.max(failing, wallFor(allMs));
  return (part) => (part === "failing" ? failing : all);
}

/** Does every test that shows the bug pass, and nothing newly fail, as far as the search looks? */
function holds(lab: Lab, result: SuiteResult, part: Part): boolean {
  if (!result.structured) return result.exitCode === 0;
  if (result.tests.length === 0) return false;
  const passed = new Set(result.tests.filter(({ status }) => status === "passed").map(({ id }) => id));
  const shown = part === "related" || lab.failing.every((id) => passed.has(id));
  const worse = failedTests(result).filter(({ id }) => !lab.failedBefore.has(id) || lab.failing.includes(id));
  return shown && worse.every(({ id, loadError }) => !loadError && isHeldOut(id) && !lab.failing.includes(id));
}

function keptBack(lab: Lab, result: SuiteResult): { readonly passed: number; readonly failed: number } {
  const kept = result.tests.filter(({ id }) => isHeldOut(id) && !lab.failedBefore.has(id) && !lab.failing.includes(id));
  const having = (wanted: string): number => kept.filter(({ status }) => status === wanted).length;
  return { passed: having("passed"), failed: having("failed") };
}
