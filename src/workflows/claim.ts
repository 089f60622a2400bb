import { ClawError } from "../errors.ts";
import type { Forge } from "../forge/forge.ts";
import { branchNames, type Claim, claimMessage, claimRef, judgeClaim } from "../policy/claim.ts";
import { type EarlierWork, formerName } from "../policy/publish.ts";
import type { ClaimSpec } from "../repo/publish.ts";
import type { Effects } from "./effects.ts";

/** An issue, and what is on the forge about it. */
interface Wanted {
  readonly issue: number;
  /** Pull requests of the repository, asked for before anything else. */
  readonly earlier: readonly (EarlierWork & { readonly branch: string })[];
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** Claims that are looked through; more than this many attempts nobody wants. */
const MOST = 50;

/** All claims on an issue, the oldest first. */
async function claimsOn(forge: Forge, issue: number): Promise<readonly Claim[]> {
  const found: Claim[] = [];
  while (found.length < MOST) {
    const next = await forge.claim(issue, found.length + 1);
    if (next === null) break;
    found.push(next);
  }
  return found;
}

/** Why an issue is another run's, before one is begun for it; null where it is nobody's. */
export async function claimedByOther(forge: Forge, { issue, earlier, now }: Wanted): Promise<string | null> {
  const newest = (await claimsOn(forge, issue)).at(-1) ?? null;
  const standing = judgeClaim(newest, { issue, run: null, again: false, earlier, now });
  if (typeof standing === "object") return standing.refused;
  const former = formerName(issue, earlier);
  return (await forge.tips(former)).branch === null ? null : tookFormer(issue, former);
}

const tookFormer = (issue: number, name: string): string =>
  `another run works on issue #${issue}: it has made the branch ${name}, and no pull request comes from it yet`;

const advice = (issue: number): string => `if it broke off: claw publish --issue ${issue} --again`;

interface Claimed extends Wanted {
  readonly run: string;
  readonly commit: string;
  readonly again: boolean;
  /** What the branch is called, where it is on record that it was pushed. */
  readonly pushed: string | null;
}

/** What the branch is called there: the best name that nobody has, or that is at this very commit. */
export async function nameOnForge(forge: Forge, effects: Effects, wanted: Claimed): Promise<string> {
  const { issue, run, commit, earlier, again, pushed } = wanted;
  if (pushed !== null) return pushed;
  const former = formerName(issue, earlier);
  const taken = (await forge.tips(former)).branch;
  if (taken === commit) return former;
  if (taken !== null && !again)
    await effects.judge("claim", { verdict: "deny", rule: `${tookFormer(issue, former)}; ${advice(issue)}` });
  const names = branchNames(issue, run, earlier);
  for (const name of names) {
    const tip = (await forge.tips(name)).branch;
    if (tip === null || tip === commit) return name;
  }
  throw new ClawError(`somebody has pushed to ${names.at(-1)}`, {
    outcome: "blocked",
    hint: `what was proven is here: claw diff ${run}; for another attempt: claw fix --again`,
  });
}

/**
 * Makes the issue this run's, and its branch, in one step: of several machines that try, one can. Nothing is pushed where
 * that was done before. Refused where the issue is another run's.
 */
export async function claimIssue(
  forge: Forge,
  effects: Effects,
  {
    branch,
    push,
    ...wanted
  }: Claimed & { readonly branch: string; readonly push: (claim?: ClaimSpec) => Promise<void> },
): Promise<void> {
  const { issue, run, commit, pushed, now } = wanted;
  for (let known = -1; ;) {
    const claims = await claimsOn(forge, issue);
    const standing = judgeClaim(claims.at(-1) ?? null, wanted);
    if (typeof standing === "object")
      await effects.judge("claim", { verdict: "deny", rule: `${standing.refused}; ${advice(issue)}` });
    if (standing === "mine") {
      if (pushed === null && (await forge.tips(branch)).branch === null) await push();
      return effects.done(claimRef(issue, claims.length), commit);
    }
    const ref = claimRef(issue, claims.length + 1);
    if (claims.length >= MOST || known === claims.length)
      await effects.judge("claim", { verdict: "deny", rule: `${ref} can be made by no run; ${advice(issue)}` });
    known = claims.length;
    await effects.judge(ref, { verdict: "allow", rule: `no run has issue #${issue}` });
    try {
      await push({ ref, message: claimMessage({ issue, run, branch }), at: now });
      return await effects.done(ref, commit);
    } catch (error) {
      // It may be there by an answer that was lost, or by another run: what is there decides.
      const made = await forge.claim(issue, claims.length + 1).catch(() => null);
      if (!(error instanceof ClawError) || made === null) throw error;
    }
  }
}
