import type { Recorded } from "../ledger/events.ts";
import { ofType } from "./run.ts";

/** A `finish` that claw did not accept. */
export interface Refusal {
  readonly session: string;
  /** What was missing, in one line: "the test passes on the base, so it does not show the bug". */
  readonly why: string;
}

/** The work passed, and claw asks for one thing more before it is accepted: a matter of routine, no refusal. */
export const asksForMore = (why: string): boolean => why.startsWith("claw's checks pass");

/** Finishes that something was missing from, in order. */
export const refusedFinishes = (events: readonly Recorded[]): readonly Refusal[] =>
  ofType(events, "call.finished").flatMap(({ session, why }) =>
    why === undefined || asksForMore(why) ? [] : [{ session, why: missing(why) }],
  );

/** "not accepted (2 attempts left): it fails:" says that it fails. */
const missing = (why: string): string => why.replace(/^not accepted(?: \([^)]*\))?: /, "").replace(/:$/, "");
