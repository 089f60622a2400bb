import type { Manifest } from "../policy/manifest.ts";

/** One changed file, as data. */
export interface ChangedFile {
  readonly path: string;
  readonly kind: "source" | "test" | "test-config" | "ci";
  readonly status: "added" | "modified" | "deleted" | "type-changed";
  readonly added: number | null;
  readonly deleted: number | null;
  readonly binary: boolean;
  /** Text before and after, for small text files only. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Ids of tests whose result got worse between base and head. */
export interface Regressions {
  readonly newlyFailing: readonly string[];
  /** Ran on the base, absent on the head. */
  readonly missing: readonly string[];
  readonly newlySkipped: readonly string[];
}

/** Everything a gate may look at. */
export interface Change {
  readonly manifest: Manifest;
  /** What the patch changes on top of the reproduction test. */
  readonly files: readonly ChangedFile[];
  /** The patch as unified text. */
  readonly patch: string;
  /** Things git found that may never leave a workspace: nested repositories, links out of the tree, names like .git. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
  /** Files of the frozen reproduction. */
  readonly reproduction: readonly string[];
  /** Head against base; null before the suite has run on the head. */
  readonly comparison: Regressions | null;
}

/** Worst one wins: pass, then ask (a named person may allow it), then block. */
export interface Judgement {
  readonly verdict: "pass" | "ask" | "block";
  /** One sentence each, for the model and for people. */
  readonly reasons: readonly string[];
}

/** A pure question about a change. */
export interface Gate {
  readonly name: string;
  readonly about: string;
  judge(change: Change): Judgement;
}

export const pass: Judgement = { verdict: "pass", reasons: [] };

/** Pass without reasons, otherwise the given verdict. */
export const unless = (verdict: "ask" | "block", reasons: readonly string[]): Judgement =>
  reasons.length === 0 ? pass : { verdict, reasons };
