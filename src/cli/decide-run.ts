import type { App } from "../app.ts";
import { systemClock } from "../clock.ts";
import { ClawError } from "../errors.ts";
import { type Decider, startedIt } from "../policy/approval.ts";
import { readManifest } from "../policy/manifest.ts";
import { foldRun } from "../views/run.ts";
import { clearAwayRun } from "../workflows/clear-away.ts";
import { decide, type Pending } from "./decision.ts";

const DAY_MS = 24 * 3_600_000;

/** Who decides, and where it was said if not at a terminal. */
type Person = Decider & { readonly source?: string };

/** Records that a person allows a run's change, for so many days; gives until when. Refused for somebody who may not. */
export async function approveRun(
  app: App,
  pending: Pending,
  person: Person,
  days: number | undefined,
): Promise<number> {
  const ledger = await app.ledger();
  const { run, facts, diff } = pending;
  await ledger.bytes(diff); // nobody can stand for a change that was taken out, and cannot be looked at
  const { started } = foldRun(facts.events);
  const manifest = readManifest(started?.manifest ? await ledger.text(started.manifest) : undefined);
  if (started && manifest.require_different_approver && startedIt(person, started)) {
    const starter = started.identity ?? started.initiator;
    throw new ClawError(`${starter} started run ${run}, and claw.yaml asks for another person's approval`, {
      outcome: "blocked",
      hint: `somebody else approves it, from their own account or git identity: claw approve ${run}`,
    });
  }
  const expires = Math.round(systemClock.now() + (days ?? app.config.user.approval.days) * DAY_MS);
  await decide(ledger, pending, [{ type: "approval.given", diff, expires, known: "typed", ...person }]);
  return expires;
}

/** Records that a person does not want a run's change, and ends the run. */
export async function rejectRun(app: App, pending: Pending, person: Person, reason: string): Promise<void> {
  const { run, diff, facts } = pending;
  const kept = foldRun(facts.events).started?.workflow === "flow" ? "what was asked" : "the change is kept";
  const end = {
    outcome: "blocked",
    reason: `rejected by ${person.by}: ${reason}`,
    hint: `${kept}: claw diff ${run}`,
  } as const;
  await decide(await app.ledger(), pending, [
    { type: "approval.refused", diff, reason, known: "typed", ...person },
    { type: "run.ended", ...end },
  ]);
  await clearAwayRun(app.config.home, run);
}
