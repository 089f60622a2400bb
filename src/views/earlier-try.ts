import type { Recorded, Sha } from "../ledger/events.ts";
import { digestOf } from "./digest.ts";
import { foldRun, ofType } from "./run.ts";

/** What a run that ended in vain leaves to the next one on the same task, from its record. */
export interface EarlierTry {
  /** The commit that it began at. */
  readonly base: string;
  readonly outcome: string;
  readonly reason: string;
  /** The test that showed the bug, as a patch; null where none was accepted. */
  readonly reproduction: Sha | null;
  /** The newest change that did not hold, as a patch. */
  readonly rejected: Sha | null;
  /** The newest commands of its sessions, oldest first, each with how it ended. */
  readonly commands: readonly string[];
  /** What claw said last when a session asked to finish. */
  readonly refusal: string | null;
}

/** Ends after which somebody else can learn from what was tried. */
const inVain: ReadonlySet<string> = new Set([
  "not-reproduced",
  "no-patch",
  "unproven",
  "blocked",
  "stuck",
  "over-budget",
]);

/** What there is to learn from a run; null where it did not end in vain, or no model worked in it. */
export function earlierTry(events: readonly Recorded[]): EarlierTry | null {
  const { status, started, end } = foldRun(events);
  if (status !== "ended" || !started || !end || !inVain.has(end.outcome)) return null;
  const sessions = [...new Set(ofType(events, "session.started").map(({ session }) => session))];
  if (sessions.length === 0) return null;
  const digests = sessions.map((session) => digestOf(events, session));
  const newest = (purpose: string): Sha | null =>
    ofType(events, "diff.taken").findLast((diff) => diff.purpose === purpose)?.patch ?? null;
  return {
    base: started.base,
    outcome: end.outcome,
    reason: end.reason,
    reproduction: newest("reproduction"),
    rejected: newest("rejected"),
    commands: digests.flatMap(({ commands }) => commands).slice(-COMMANDS),
    refusal: digests.findLast(({ refusal }) => refusal !== null)?.refusal ?? null,
  };
}

const COMMANDS = 12;
