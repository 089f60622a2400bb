import type { EventOf } from "../../ledger/events.ts";
import { keepEnds, plural } from "../../text.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import { ofType } from "../../views/run.ts";
import { keepTree } from "../snapshots.ts";
import type { WorkDesk } from "../workflow.ts";
import type { TakenChange } from "./change.ts";
import { type Bases, checkTree } from "./check.ts";
import { sessionName } from "./escalate.ts";

const MAX_DIFF_SHOWN = 6000;
/** Room for a failure told at its full length, and a sentence before it: only what is longer loses its middle. */
const MAX_FINDINGS = 2000;

/** An honest end in a model's own words, marked as such: nobody checked them. */
export const gaveUp = ({ summary }: Pick<FinishRequest, "summary">): string => `the model gave up: ${summary}`;

/** The answer to `finish`: what is missing, a last look at the diff, or acceptance. */
export async function answerFinish(
  desk: WorkDesk,
  bases: Bases,
  dir: string,
  request: FinishRequest,
): Promise<FinishAnswer> {
  if (request.outcome === "blocked") return { accepted: true, detail: `blocked: ${gaveUp(request)}` };
  const tree = await desk.clone.snapshot(dir);
  const passed = passedChanges(desk).findLast(({ to }) => to === tree);
  // Nothing changed since the last look: the words that came with the work, not those about looking at it.
  if (passed) return { accepted: true, detail: `done: ${passed.summary || request.summary}` };
  const checked = await checkTree(desk, bases, tree);
  if (checked.holds) {
    await recordDiff(desk, bases, checked.taken, { purpose: "patch", summary: request.summary });
    return desk.hasModel && firstAcceptance(desk)
      ? { accepted: false, message: lastLook(checked.taken, checked.asks) }
      : { accepted: true, detail: `done: ${request.summary}` };
  }
  const left = desk.limits.attempts - failedFinishes(desk) - 1;
  const why = keepEnds(checked.why, MAX_FINDINGS);
  const kind = checked.unchanged ? "blocked" : checked.refused ? "refused" : "unproven";
  if (left <= 0) return { accepted: true, detail: `${kind}: ${why}` };
  const back = checked.forbidden ? "\nTake that back; the bug is to be mended without it." : "";
  return { accepted: false, message: `not accepted (${plural(left, "attempt")} left): ${why}${back}` };
}

/** Changes of the patch session that passed claw's check, oldest first. */
export const passedChanges = (desk: WorkDesk): readonly EventOf<"diff.taken">[] =>
  ofType(desk.log.events, "diff.taken").filter(({ purpose }) => purpose === "patch");

const firstAcceptance = (desk: WorkDesk): boolean => passedChanges(desk).length === 1;

/** Finishes whose check failed. One that never ran, malformed or cancelled, is none; nor is the last look after a passed check. */
function failedFinishes(desk: WorkDesk): number {
  const own = sessionName(desk, "patch");
  const judged = ofType(desk.log.events, "call.judged").filter(({ session }) => session === own);
  const refused = ofType(desk.log.events, "call.finished").filter(
    ({ session, tool, ok, call, seq }) =>
      session === own && tool === "finish" && !ok && judged.some((asked) => asked.call === call && asked.seq < seq),
  );
  return refused.length - Math.min(1, passedChanges(desk).length);
}

/** A pause before the end finds what tests do not. */
const lastLook = ({ diff }: TakenChange, asks: readonly string[]): string =>
  `claw's checks pass${asks.length > 0 ? `, but a person will have to approve: ${asks.join("; ")}. Put that back unless the issue needs it` : ""}. Before it is accepted, read your change once more:
<diff>
${keepEnds(diff.patch.toString("utf8"), MAX_DIFF_SHOWN)}
</diff>
- Does it mend the cause, for every input the issue is about and not only those tested, and break nothing else?
- Is the same mistake made elsewhere?
- Is anything in it that the issue does not need?
If all is well, just finish again. Otherwise mend it, then finish with the whole summary.`;

/** Puts a change on record: one that passed, or one that is only kept. */
export async function recordDiff(
  desk: WorkDesk,
  { reproduction }: Bases,
  { tree, diff }: Pick<TakenChange, "tree" | "diff">,
  { purpose, summary }: { readonly purpose: "patch" | "rejected"; readonly summary: string },
): Promise<void> {
  const sum = (count: "added" | "deleted") => diff.files.reduce((total, file) => total + (file[count] ?? 0), 0);
  await keepTree(desk, sessionName(desk, "patch"), tree);
  await desk.log.append({
    type: "diff.taken",
    purpose,
    from: reproduction.tree,
    to: tree,
    patch: desk.log.put(diff.patch),
    files: diff.files.length,
    added: sum("added"),
    deleted: sum("deleted"),
    summary,
  });
}
