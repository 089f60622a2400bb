import type { Event } from "../../ledger/events.ts";
import type { SuiteResult } from "../../suite/suite.ts";
import type { FinishAnswer } from "../../tools/tool.ts";
import type { Candidate, SuspectFile } from "./candidates.ts";

/** A part of the suite that a candidate must pass: "failing" the tests that show the bug, "related", or "all". */
export type Part = "failing" | "related" | "all";

/** What a part of the suite said about a candidate. Times in milliseconds, CPU time of all processes together. */
export interface Trial {
  readonly result: SuiteResult;
  readonly ms: number;
  readonly cpuMs: number;
}

/** A place at which this many candidates never end is part of a loop: what else could be changed there is left out. */
export const MAX_TIMEOUTS = 3;

/** A workspace of its own in which candidates are tried one after the other. */
export interface Worker {
  /** How long the "failing" part takes without a change, in milliseconds. */
  readonly failingMs: number;
  /** Makes the one change, runs a part of the suite, and takes the change back. */
  run(candidate: Candidate, part: Part, wallMs: number): Promise<Trial>;
  /** Does it try many candidates at once more quickly than one by one? */
  readonly manyAtOnce: boolean;
  /** Each candidate with the "failing" part, in their order. */
  tryEach(candidates: readonly Candidate[], wallMs: number): Promise<readonly Trial[]>;
  close(): Promise<void>;
}

/** Everything the search needs of the world. */
export interface Lab {
  /** Sources with suspicious lines, the most suspicious first. */
  readonly files: readonly SuspectFile[];
  /** Ids of the tests that must pass; of a command that names no tests, none. */
  readonly failing: readonly string[];
  /** Ids of the tests that failed on the base: those that may go on failing. */
  readonly failedBefore: ReadonlySet<string>;
  /** What a candidate must pass, the quickest and most telling part first. */
  partsFor(candidate: Candidate): readonly Part[];
  /** A test that shows the bug never ends: that a change runs too long says nothing about where else to look. */
  readonly endless: boolean;
  /** How long the whole suite takes on the base, in milliseconds. */
  readonly allMs: number;
  /** `deep`: also the operators that seldom find anything. */
  readonly limits: { readonly candidates: number; readonly wallMs: number; readonly deep: boolean };
  /** How many workspaces are used at once, at least 1. */
  readonly workers: number;
  readonly signal: AbortSignal;
  now(): number;
  openWorker(): Promise<Worker>;
  /** Puts the candidate into the run's workspace and asks claw's own check. */
  submit(candidate: Candidate, summary: string): Promise<FinishAnswer>;
  /** Changes that may fail claw's check. */
  readonly attempts: number;
  record(event: Event): Promise<unknown>;
  /** For people watching: a line that replaces the last one. */
  progress(line: string): void;
}
