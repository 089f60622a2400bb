import { ClawError } from "../errors.ts";
import type { Forge, ForgeComment } from "../forge/forge.ts";
import { placeName } from "../forge/place.ts";
import { type WrittenDecision, writtenDecision } from "../policy/written-decision.ts";
import { approvalRequest } from "../reports/approval-request.ts";
import { effectsOf } from "./effects.ts";
import type { PullRequestWish } from "./pull-request.ts";
import { askPerson } from "./waiting.ts";
import type { RunEnd, WorkDesk } from "./workflow.ts";

/**
 * Asks a person about a change: at this machine, and where the issue is when it came from a forge. Null when somebody who
 * may has approved just this change; a rejection ends the run. A forge that does not answer changes nothing: the run waits.
 */
export async function askPeople(
  desk: WorkDesk,
  wish: PullRequestWish | null,
  diff: string,
  reasons: readonly string[],
): Promise<RunEnd | null> {
  const waits = askPerson(desk, diff, reasons);
  if (!waits || wish === null || wish.issue === null || !desk.authority.publish) return waits;
  const { host, owner, repo, issue } = wish;
  try {
    const forge = await desk.forge({ host, owner, repo });
    const decision = await decisionOn(forge, issue, diff);
    if (decision?.verdict === "reject") return await rejected(desk, diff, decision);
    if (decision) await approved(desk, diff, decision);
    const still = decision ? askPerson(desk, diff, reasons) : waits;
    return still && (await asked(desk, forge, issue, { ...still, diff, reasons }));
  } catch (error) {
    if (!(error instanceof ClawError) || desk.signal.aborted) throw error;
    return { ...waits, hint: `${waits.hint} (it could not be asked on ${host}: ${error.message})` };
  }
}

/** What somebody who may has decided about a change where its issue is. */
export interface Decision extends WrittenDecision {
  /** Who, and where it is written, as the ledger keeps it. */
  readonly who: {
    readonly by: string;
    readonly identity: null;
    readonly account: string;
    readonly known: "forge";
    readonly source: string;
  };
}

/** The newest decision about this change by somebody who may write to the repository. */
export async function decisionOn(forge: Forge, issue: number, diff: string): Promise<Decision | null> {
  for (const comment of (await forge.comments(issue)).toReversed()) {
    const decision = comment.edited ? null : writtenDecision(comment.body, diff);
    if (decision && (await forge.mayWrite(comment.author))) return { ...decision, who: whoWrote(comment, forge) };
  }
  return null;
}

const whoWrote = ({ author, url }: ForgeComment, { place }: Forge): Decision["who"] => ({
  by: `${author} on ${place.host}`,
  identity: null,
  account: `${author} at ${place.host}`,
  known: "forge",
  source: url,
});

const approved = ({ log, clock, waitMs }: WorkDesk, diff: string, { who }: Decision): Promise<unknown> =>
  log.append({ type: "approval.given", diff, expires: clock.now() + waitMs, ...who });

async function rejected({ log }: WorkDesk, diff: string, { who, ...decision }: Decision): Promise<RunEnd> {
  const reason = decision.reason || "no reason given";
  await log.append({ type: "approval.refused", diff, reason, ...who });
  return {
    outcome: "blocked",
    reason: `rejected by ${who.by}: ${reason}`,
    hint: `the change is kept: claw diff ${log.run}`,
  };
}

/** The question stands where the issue is, once for each change. */
async function asked(
  { log }: WorkDesk,
  forge: Forge,
  issue: number,
  waits: RunEnd & { readonly diff: string; readonly reasons: readonly string[] },
): Promise<RunEnd> {
  const { diff, reasons, expires, hint, ...end } = waits;
  const effects = effectsOf(log, `ask:${diff}`, `${placeName(forge.place)}#${issue}`);
  if (!effects.isDone("comment")) {
    await effects.judge("comment", { verdict: "allow", rule: "a run that waits says so where its issue is" });
    const request = approvalRequest({ hash: diff, reasons, diff: await log.text(diff), expires: expires ?? 0 });
    await effects.done(
      "comment",
      await forge.say(issue, request, `<!-- claw run=${log.run} asks=${diff.slice(0, 12)} -->`),
    );
  }
  const there = `${placeName(forge.place)}#${issue}`;
  return {
    ...end,
    diff,
    ...(expires !== undefined && { expires }),
    hint: `${hint}; or comment on ${there}: /claw approve ${diff.slice(0, 12)}`,
  };
}
