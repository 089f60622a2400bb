import { z } from "zod";
import type { Clock } from "../clock.ts";
import { ClawError } from "../errors.ts";
import type { Forge, Place, PullRequest } from "../forge/forge.ts";
import { placeName } from "../forge/place.ts";
import type { RunLog } from "../ledger/ledger.ts";
import {
  type EarlierWork,
  judgeCaps,
  judgePublish,
  type PublishAuthority,
  publishMark,
  workOf,
  workOn,
} from "../policy/publish.ts";
import type { ClaimSpec } from "../repo/publish.ts";
import { pushBranch } from "../repo/push.ts";
import { isSigned } from "../repo/sign.ts";
import type { Repository } from "../repo/repository.ts";
import { checkText, pullRequestText } from "../reports/pull-request.ts";
import { claimIssue, nameOnForge } from "./claim.ts";
import { type Effects, effectsOf } from "./effects.ts";
import { otherWork } from "./other-work.ts";

/** Where a run's change should go as a draft pull request. */
export const PullRequestWish = z.object({
  host: z.string(),
  owner: z.string(),
  repo: z.string(),
  /** The issue it answers there. */
  issue: z.int().nullable(),
  /** A person asked for work although there is some already. */
  again: z.boolean().default(false),
  /** What the change stands on was seen in the branch it is to go into, before work began. */
  baseSeen: z.boolean().default(false),
});
export type PullRequestWish = z.infer<typeof PullRequestWish>;

export const PullRequestMade = z.object({ number: z.int(), url: z.string() });
export type PullRequestMade = z.infer<typeof PullRequestMade>;

export interface PublishDesk {
  readonly log: RunLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly repository: Repository;
  readonly authority: PublishAuthority;
  /** Looks the token up: asked only after the policy has agreed. */
  forge(place: Place): Promise<Forge>;
}

export interface ProvenChange {
  readonly branch: string;
  readonly commit: string;
  /** Unified text, for the page. */
  readonly diff: string;
}

/**
 * Pushes the branch and opens one draft pull request. Each effect has its verdict on record before it and its result after
 * it; done again after a crash it finds what is there.
 */
export async function openPullRequest(
  desk: PublishDesk,
  wish: PullRequestWish,
  change: ProvenChange,
): Promise<PullRequestMade> {
  const { log, authority, clock } = desk;
  const { branch, commit } = change;
  const place: Place = { host: wish.host, owner: wish.owner, repo: wish.repo };
  const effects = effectsOf(log, "publish", `${placeName(place)} ${branch} ${commit}`);
  await effects.judge("push", judgePublish({ branch, proven: true }, authority));

  const forge = await desk.forge(place);
  const pushed = pushedName(log);
  const earlier = await forge.pullRequests();
  const found = workOf(earlier, { run: log.run, branch: pushed ?? branch, commit });
  const there = found ?? (pushed === null ? null : await forge.pullRequestFrom(pushed));
  if (there?.state === "closed")
    throw new ClawError(`a person has closed ${there.url}`, {
      outcome: "blocked",
      hint: "claw opens nothing again that a person closed; for a new attempt: claw fix --again",
    });
  if (!there) await judgeOpening(effects, earlier, { wish, authority, now: clock.now() });
  const base = await forge.defaultBranch();
  const name = there?.branch ?? (await pushChange(desk, forge, { effects, earlier, wish, change, pushed, base }));
  await effects.done("push", `${placeName(forge.place)} ${name}`);
  const made = there ?? (await open(desk, forge, { wish, change: { ...change, branch: name }, base }));
  await effects.done("pull-request", made.url);
  await decorate(desk, forge, { effects, number: made.number, commit });
  return { number: made.number, url: made.url };
}

/** What the branch is called there; null where it is not on record that it was pushed. */
function pushedName({ run, events }: RunLog): string | null {
  const done = events.findLast((event) => event.type === "effect.done" && event.key === `${run}:publish:push`);
  return done?.type === "effect.done" ? (done.result.split(" ").at(-1) ?? null) : null;
}

interface Pushed {
  readonly effects: Effects;
  readonly earlier: readonly PullRequest[];
  readonly wish: PullRequestWish;
  readonly change: ProvenChange;
  readonly pushed: string | null;
  readonly base: string;
}

/** Pushes the branch, with a claim on the issue where it answers one, unless that was done before. Gives its name there. */
async function pushChange(
  { log: { run }, clock, repository, signal }: PublishDesk,
  forge: Forge,
  { effects, earlier, wish, change, pushed, base }: Pushed,
): Promise<string> {
  const { issue, again, baseSeen } = wish;
  const { commit } = change;
  const wanted = issue === null ? null : { issue, run, commit, again, pushed, earlier, now: clock.now() };
  const branch = wanted ? await nameOnForge(forge, effects, wanted) : (pushed ?? change.branch);
  if (!effects.isDone("push")) {
    const place: Place = { host: wish.host, owner: wish.owner, repo: wish.repo };
    const other = baseSeen ? null : await otherWork(forge, { repository, place, base: `${commit}^` });
    if (other) await effects.judge("push of other work", { verdict: "deny", rule: `${other.rule}; ${other.advice}` });
    if (!(await isSigned(repository, commit)) && (await forge.requiresSignatures([branch, base])))
      await effects.judge("unsigned push", { verdict: "deny", rule: UNSIGNED });
  }
  const push = async (name: string, claim?: ClaimSpec): Promise<void> =>
    pushBranch(repository, { commit, branch: name, claim, signal, to: await forge.pushAccess() });
  if (wanted) return claimIssue(forge, effects, { ...wanted, branch, push });
  if (!effects.isDone("push")) await push(branch);
  return branch;
}

/** By what is on the forge now: so many a day, only where people take them, and one for each issue. */
async function judgeOpening(
  effects: Effects,
  earlier: readonly EarlierWork[],
  { wish, authority, now }: { wish: PullRequestWish; authority: PublishAuthority; now: number },
): Promise<void> {
  const same = wish.issue === null || wish.again ? undefined : workOn(earlier, wish.issue);
  const rule = same && `there is one for issue #${wish.issue} already: ${same.url} (--again opens another)`;
  await effects.judge("pull-request", rule ? { verdict: "deny", rule } : judgeCaps(earlier, authority, now));
}

/** Opens it from the branch that was pushed, if that is still what was proven; says so when what it goes into has moved. */
async function open(
  { log }: PublishDesk,
  forge: Forge,
  { wish, change, base }: { wish: PullRequestWish; change: ProvenChange; base: string },
): Promise<PullRequestMade> {
  const { run, events, head } = log;
  const { branch, commit, diff } = change;
  const tips = await forge.tips(branch);
  if (tips.branch !== null && tips.branch !== commit)
    throw new ClawError(
      `somebody pushed to ${branch}: it is at ${tips.branch.slice(0, 12)}, and the proof is of ${commit.slice(0, 12)}`,
      { outcome: "blocked", hint: `what was proven is here: claw diff ${run}; for another attempt: claw fix --again` },
    );
  const { issue } = wish;
  const text = pullRequestText({ run, events, head, diff, baseNow: tips.base, issue, mark: publishMark(run, issue) });
  return forge.openDraft({ branch, base, ...text });
}

const UNSIGNED =
  "the repository takes signed commits only, and this one has no signature; name a key under forge.signing in config.yaml";

/** What stands beside a pull request: labels that the user wishes for, and a check where the credential may show one. */
async function decorate(
  { log: { run, events }, authority }: PublishDesk,
  forge: Forge,
  { effects, number, commit }: { effects: Effects; number: number; commit: string },
): Promise<void> {
  const { labels } = authority;
  if (labels.length > 0 && !effects.isDone("labels")) {
    await effects.judge("labels", { verdict: "allow", rule: "forge.labels in config.yaml" });
    const put = await forge.addLabels(number, labels);
    await effects.done("labels", put ? labels.join(", ") : "not put on: the forge refuses them, or the token may not");
  }
  if (effects.isDone("check")) return;
  await effects.judge("check", { verdict: "allow", rule: "a proven change may say so beside its commit" });
  const shown = await forge.showCheck({ commit, run, ...checkText(events) });
  await effects.done("check", shown ? "shown" : "not shown: the token may not");
}
