import type { Recorded } from "../ledger/events.ts";
import type { RunLog } from "../ledger/ledger.ts";
import { allows, type Asked } from "../policy/approval.ts";
import { firstExpiry, waitingFor } from "../views/waiting.ts";
import { latest, ofType } from "../views/run.ts";
import type { RunEnd, WorkDesk } from "./workflow.ts";

type AskingDesk = Pick<WorkDesk, "log" | "clock" | "manifest" | "waitMs">;

/** Has a person who may do so approved this very diff, and does that still hold? */
function isApproved(desk: AskingDesk, diff: string): boolean {
  const asked: Asked = {
    diff,
    now: desk.clock.now(),
    started: latest(desk.log.events, "run.started") ?? null,
    requireDifferent: desk.manifest.require_different_approver,
  };
  return ofType(desk.log.events, "approval.given").some((approval) => allows(approval, asked));
}

/** Null when the change may go on; otherwise the run waits for a person, without a process, until the time for it is over. */
export function askPerson(desk: AskingDesk, diff: string, reasons: readonly string[]): RunEnd | null {
  if (isApproved(desk, diff)) return null;
  const { run, events } = desk.log;
  return {
    outcome: "waiting",
    reason: `a person must approve: ${reasons.join("; ")}`,
    hint: `look at it with claw diff ${run}, then: claw approve ${run} && claw resume ${run}`,
    diff,
    expires: firstExpiry(events, diff) ?? desk.clock.now() + desk.waitMs,
  };
}

/** Ends a run that nobody decided about in time; null while there is time, or an approval that still holds. */
export async function endWhenExpired(log: RunLog, now: number): Promise<RunEnd | null> {
  const due = expiredWait(log.events, now);
  if (!due) return null;
  const end: RunEnd = {
    outcome: "blocked",
    reason: `nobody approved the change until ${day(due.expires)}`,
    hint: `the change is kept: claw diff ${log.run}; to ask again, start a new run`,
  };
  await log.appendTogether([
    { type: "approval.expired", ...due },
    { type: "run.ended", ...end },
  ]);
  return end;
}

/** A wait that is over. */
export function expiredWait(events: readonly Recorded[], now: number): { diff: string; expires: number } | null {
  const waiting = waitingFor(events);
  if (!waiting || waiting.diff === null || waiting.expires === null || waiting.expires > now) return null;
  if (waiting.approval && waiting.approval.expires > now) return null;
  return { diff: waiting.diff, expires: waiting.expires };
}

const day = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
