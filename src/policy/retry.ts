import type { Outcome } from "../errors.ts";

/** How a try at a job ended, and what came before. Times in milliseconds since the epoch. */
export interface Ended {
  /** Outcome of its run, or of the error that no run came of; "bug" for an error of claw itself. */
  readonly outcome: Outcome | "bug";
  readonly reason: string;
  /** What was missing wants to be left alone until then; null where nobody said. */
  readonly after: number | null;
  /** Tries that count so far, without this one; 0 when the run got further than ever before. */
  readonly tries: number;
  /** When the job was added. */
  readonly added: number;
  readonly now: number;
  /** A number in [0, 1). */
  readonly chance: number;
}

/** What becomes of the job. */
export type Verdict =
  | { readonly kind: "finish" }
  | { readonly kind: "again"; readonly at: number; readonly tries: number; readonly reason: string }
  | { readonly kind: "bury"; readonly reason: string };

/** Waits grow from this to that, in milliseconds, each by chance between nothing and its most: many never come back at once. */
const FIRST_MS = 2_000;
const LONGEST_MS = 600_000;
/** Tries without progress: more is for a person. */
const MOST_TRIES = 5;
const MOST_CRASHES = 3;
/** A server that keeps asking to be left alone is believed for so long. */
const GIVE_UP_MS = 24 * 3_600_000;

/** Failures that may pass by themselves. All others are answers: another try would cost the same and say the same. */
const mayPass: ReadonlySet<string> = new Set([
  "model-unavailable",
  "sandbox-unavailable",
  "forge-unavailable",
  "infrastructure",
  "bug",
]);

/** How long to wait before try number `tries`, counted from 1. */
const backoff = (tries: number, chance: number): number => chance * Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1));

/** What becomes of a job after a try: only what may pass is tried again, and not for ever. */
export function judgeTry({ outcome, reason, after, tries, added, now, chance }: Ended): Verdict {
  // Who stopped it wants it to go on, later or elsewhere: no fault of the job.
  if (outcome === "interrupted") return { kind: "again", at: now, tries, reason };
  if (!mayPass.has(outcome)) return { kind: "finish" };
  if (after !== null && after > now) {
    if (now - added > GIVE_UP_MS) return { kind: "bury", reason: `for a day: ${reason}` };
    // Somewhat later than asked, each its own time.
    return { kind: "again", at: after + Math.round(FIRST_MS * chance), tries, reason };
  }
  if (tries + 1 > MOST_TRIES) return { kind: "bury", reason: `${MOST_TRIES + 1} tries: ${reason}` };
  return { kind: "again", at: now + Math.round(backoff(tries + 1, chance)), tries: tries + 1, reason };
}

/** What becomes of a job that its worker went away from: the first time it is tried at once, then later, then no more. */
export function judgeCrash({
  crashes,
  waited,
  now,
  chance,
}: {
  /** Without progress in between. */
  readonly crashes: number;
  /** Has it been put off since the last one? Once is enough. */
  readonly waited: boolean;
  readonly now: number;
  readonly chance: number;
}): { readonly kind: "go" } | Exclude<Verdict, { kind: "finish" }> {
  if (crashes >= MOST_CRASHES) return { kind: "bury", reason: `its worker went away ${crashes} times in a row` };
  if (crashes <= 1 || waited) return { kind: "go" };
  const at = now + Math.round(backoff(crashes, chance));
  return { kind: "again", at, tries: 0, reason: `its worker went away ${crashes} times in a row` };
}
