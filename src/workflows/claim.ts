import { ClawError } from "../errors.ts";
import type { Forge } from "../forge/forge.ts";
import { branchNames, type Claim, claimMessage, claimRef, judgeClaim } from "../policy/claim.ts";
import { type EarlierWork, isSharedName, sharedName } from "../policy/publish.ts";
import type { ClaimSpec } from "../repo/publish.ts";
import { ClaimsRefused } from "../repo/push.ts";
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
  const shared = sharedName(issue, earlier);
  return (await forge.tips(shared)).branch === null ? null : tookShared(issue, shared);
}

const tookShared = (issue: number, name: string): string =>
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
  const shared = sharedName(issue, earlier);
  const taken = (await forge.tips(shared)).branch;
  if (taken === commit) return shared;
  if (taken !== null && !again)
    await effects.judge("claim", { verdict: "deny", rule: `${tookShared(issue, shared)}; ${advice(issue)}` });
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

/** Pushes this run's commit, with a claim in the same step if there is one. */
type Push = (branch: string, claim?: ClaimSpec) => Promise<void>;

/**
 * Makes the issue this run's, and its branch, in one step: of several machines that try, one can. Gives the branch, which has
 * another name where the server takes no claims. Nothing is pushed where that was done before. Refused where the issue is
 * another run's.
 */
export async function claimIssue(
  forge: Forge,
  effects: Effects,
  { branch, push, ...wanted }: Claimed & { readonly branch: string; readonly push: Push },
): Promise<string> {
  const { issue, run, commit, pushed, now } = wanted;
  if (isSharedName(branch)) return branch;
  for (let known = -1; ;) {
    const claims = await claimsOn(forge, issue);
    const standing = judgeClaim(claims.at(-1) ?? null, wanted);
    if (typeof standing === "object")
      await effects.judge("claim", { verdict: "deny", rule: `${standing.refused}; ${advice(issue)}` });
    if (standing === "mine") {
      if (pushed === null && (await forge.tips(branch)).branch === null) await push(branch);
      await effects.done(claimRef(issue, claims.length), commit);
      return branch;
    }
    const ref = claimRef(issue, claims.length + 1);
    if (claims.length >= MOST || known === claims.length)
      await effects.judge("claim", { verdict: "deny", rule: `${ref} can be made by no run; ${advice(issue)}` });
    known = claims.length;
    await effects.judge(ref, { verdict: "allow", rule: `no run has issue #${issue}` });
    try {
      await push(branch, { ref, message: claimMessage({ issue, run, branch }), at: now });
      await effects.done(ref, commit);
      return branch;
    } catch (error) {
      // It may be there by an answer that was lost, or by another run: what is there decides.
      const made = await forge.claim(issue, claims.length + 1).catch(() => Promise.reject(error as Error));
      if (made === null && error instanceof ClaimsRefused) return claimByName(forge, effects, wanted, push);
      // Of a server that shows no claims, the branch tells: it came with this run's.
      const isThere = made === null && claims.length === 0 && (await forge.tips(branch)).branch === commit;
      if (isThere) {
        await effects.done(ref, commit);
        return branch;
      }
      if (!(error instanceof ClawError) || made === null) throw error;
    }
  }
}

/** Where the server takes no claims: to make the branch whose name all machines share is one. Gives that name. */
async function claimByName(forge: Forge, effects: Effects, wanted: Claimed, push: Push): Promise<string> {
  const { issue, commit, again, earlier } = wanted;
  const tip = async (name: string): Promise<string | null> => (await forge.tips(name)).branch;
  const taken: { readonly branch: string }[] = [];
  for (;;) {
    const name = sharedName(issue, [...earlier, ...taken]);
    if ([null, commit].includes(await tip(name))) {
      await effects.judge("claim", {
        verdict: "allow",
        rule: `the server takes no claims, and one run can make ${name}`,
      });
      const failure = await push(name).then(
        () => null,
        (error: unknown) => error,
      );
      const there = failure === null ? commit : await tip(name);
      if (there === commit) {
        await effects.done("claim", `the server takes branches only, so that it is ${name}, which one run can make`);
        return name;
      }
      if (!(failure instanceof ClawError) || there === null) throw failure;
    }
    if (!again || taken.length === MOST)
      await effects.judge("claim", { verdict: "deny", rule: `${tookShared(issue, name)}; ${advice(issue)}` });
    taken.push({ branch: name });
  }
}
