import type { EventOf, Recorded, Sha } from "../ledger/events.ts";
import { ofType } from "../views/run.ts";
import { fixFacts } from "./fix-facts.ts";

/** What a run changed, as far as it came. */
export interface Change {
  /** Bodies of unified text; one after the other they make the change. */
  readonly patches: readonly Sha[];
  readonly files: number;
  readonly added: number;
  readonly deleted: number;
  /** It passed claw's check; otherwise it is what a session left behind. */
  readonly accepted: boolean;
  /** No code was changed: it is the test that shows the bug, and that was seen to fail. */
  readonly testOnly: boolean;
  /** A person and a model made it in a session, and nobody has checked it. */
  readonly ofSession: boolean;
}

/** The whole change, reproduction included; null when nothing was changed. */
export function changeOf(events: readonly Recorded[]): Change | null {
  const taken = ofType(events, "diff.taken");
  const reproduction = taken.findLast(({ purpose }) => purpose === "reproduction");
  const last = (wanted: EventOf<"diff.taken">["purpose"]) => taken.findLast(({ purpose }) => purpose === wanted);
  const session = last("session");
  const patch = last("patch") ?? session ?? last("rejected");
  const parts = [reproduction, patch].filter((part) => part !== undefined);
  // A session whose changes were all taken back has none.
  if (parts.length === 0 || (patch === session && session?.files === 0)) return null;
  const whole = fixFacts(events).patch?.diff;
  const sum = (count: "files" | "added" | "deleted"): number =>
    parts.reduce((total, part: EventOf<"diff.taken">) => total + part[count], 0);
  return {
    patches: whole === undefined ? parts.map((part) => part.patch) : [whole],
    files: sum("files"),
    added: sum("added"),
    deleted: sum("deleted"),
    accepted: whole !== undefined,
    testOnly: patch === undefined,
    ofSession: patch !== undefined && patch === session,
  };
}
