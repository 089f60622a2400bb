import { utcTimes, dayAndTime } from "../times.ts";
import { type EarlierWork, workOfRun } from "./publish.ts";

/**
 * A run's word, on the forge, that it opens the pull request for an issue: a ref that only one run can make, pushed in one
 * step with its branch. Null is what its commit does not say, or what cannot be read.
 */
export interface Claim {
  readonly run: string | null;
  /** In milliseconds since the epoch. */
  readonly at: number | null;
}

/**
 * How the nth claim on an issue is called. It is neither a branch nor a tag: no list shows it, no CI runs for it, no rule of
 * branches is about it. Every machine that sees the same claims comes to the same next name.
 */
export const claimRef = (issue: number, number: number): string => `refs/claw/claims/${issue}-${number}`;

/** The only refs besides claw's branches that are ever pushed. */
export const isClaimRef = (ref: string): boolean => /^refs\/claw\/claims\/[1-9]\d{0,9}-[1-9]\d{0,3}$/.test(ref);

/** What a claim's commit says. */
export const claimMessage = (claim: {
  readonly issue: number;
  readonly run: string;
  readonly branch: string;
}): string => `claw claims #${claim.issue} for ${claim.branch}\n\nClaw-Run: ${claim.run}\n`;

/** The run that a claim's commit names; null where it names none. */
export const claimantIn = (message: string): string | null => /^Claw-Run: ([0-9a-z]+)$/m.exec(message)?.[1] ?? null;

/** A run that has said so for longer broke off: nobody's claim, its own included, holds for longer. */
const HOLDS_MS = 24 * 3_600_000;

/** Whose an issue is by its newest claim: this run's, nobody's, or somebody's, and why. */
export type Standing = "mine" | "free" | { readonly refused: string };

/** `run` is null before there is one. Somebody whose run has its pull request has used their claim up. */
export function judgeClaim(
  newest: Claim | null,
  asked: {
    readonly issue: number;
    readonly run: string | null;
    /** A person wants another one all the same. */
    readonly again: boolean;
    readonly earlier: readonly EarlierWork[];
    /** In milliseconds since the epoch. */
    readonly now: number;
  },
): Standing {
  const { issue, run, again, earlier, now } = asked;
  if (newest === null || (newest.at !== null && newest.at <= now - HOLDS_MS)) return "free";
  if (newest.run !== null && newest.run === run) return "mine";
  if (again || (newest.run !== null && earlier.some((work) => workOfRun(work, newest.run ?? "")))) return "free";
  const until = newest.at === null ? "" : `, and has time until ${dayAndTime(newest.at + HOLDS_MS, utcTimes)}`;
  return {
    refused: `another run works on issue #${issue}: ${newest.run ?? "one that cannot be read"} has claimed it to open the pull request${until}`,
  };
}

/** The fewest characters of a run's id in a branch's name: they tell the second in which it began. */
const SHORTEST = 7;

/**
 * What a run's branch for an issue can be called on a forge, claw/<issue>-<run>, the best name first: the beginning of its
 * id, as long as it must be to tell it from other runs of the issue. `claw show` takes the same beginning.
 */
export function branchNames(
  issue: number,
  run: string,
  earlier: readonly { readonly branch: string }[],
): readonly string[] {
  const names = Array.from(
    { length: Math.max(1, run.length - SHORTEST + 1) },
    (_, more) => `claw/${issue}-${run.slice(0, SHORTEST + more)}`,
  );
  return names.filter((name, index) => index === names.length - 1 || !earlier.some(({ branch }) => branch === name));
}
