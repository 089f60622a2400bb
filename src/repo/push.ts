import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClawError, UsageError } from "../errors.ts";
import { isClaimRef } from "../policy/claim.ts";
import { judgeBranch } from "../policy/judge.ts";
import { type ClaimSpec, makeClaim } from "./publish.ts";
import { pushLocal } from "./push-local.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

export interface PushSpec {
  /** A full id; the repository holds it. */
  readonly commit: string;
  /** Its name there: claw/… and nothing else. */
  readonly branch: string;
  readonly to: PushTarget | { readonly path: string };
  /**
   * Made in the same step: both are there afterwards, or neither. Where somebody has made it before, neither is; where the
   * server hides such refs, the branch is.
   */
  readonly claim?: ClaimSpec | undefined;
  readonly signal?: AbortSignal;
}

/** A repository on a server. */
interface PushTarget {
  /** http or https, without a credential in it. */
  readonly url: string;
  readonly username: string;
  readonly secret: string;
}

/** A server that takes branches and no claims, whoever makes them. Nothing of the push need be there. */
export class ClaimsRefused extends ClawError {}

/** Git asks it for the password and gets the next line of descriptor 3: the secret is in no file, argument or variable. */
const askpass = '#!/bin/sh\nIFS= read -r secret <&3 && printf "%s\\n" "$secret"\n';

/**
 * Pushes `commit` as a new branch below claw/ to an address, from a git directory of claw's own: no configuration, hook or
 * credential helper of anybody plays a part. Doing it twice does no harm; a branch that is elsewhere is never moved.
 */
export async function pushBranch(repository: Repository, spec: PushSpec): Promise<void> {
  const { commit, branch, to, claim, signal } = spec;
  if (judgeBranch(branch).verdict === "deny")
    throw new UsageError(`${branch} is not a branch of claw`, "only branches below claw/ are pushed");
  if (claim && !isClaimRef(claim.ref))
    throw new UsageError(`${claim.ref} is not a claim of claw`, "only branches below claw/ are pushed, and claims");
  if ("path" in to) return pushLocal(repository, { ...to, commit, branch, claim });
  const { secret } = to;
  const url = new URL(to.url);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new UsageError(`${to.url} is no http address`, "git is pushed over https");
  url.username = to.username;
  await withView(repository, async (view) => {
    const program = join(view.dir, "askpass");
    await writeFile(program, askpass, { mode: 0o700 });
    const git = view.git();
    const claims = claim ? [`${await makeClaim(git, claim, commit)}:${claim.ref}`] : [];
    const refs = [...claims, `${commit}:refs/heads/${branch}`];
    const args = ["--porcelain", "--no-verify", "--no-signed", ...(claim ? ["--atomic"] : []), url.href, ...refs];
    const { code, stdout, stderr } = await git.run(["push", ...args], {
      remote: { protocol: url.protocol === "https:" ? "https" : "http", askpass: program, secret },
      answers: [0, 1, 128],
      ...(signal && { signal }),
    });
    if (code === 0) return;
    // Why a branch was refused stands in the list of branches, what the server says beside it.
    const answer = `${stdout.toString("utf8")} ${stderr}`;
    if (claim && takesNoClaims(answer, claim.ref))
      throw new ClaimsRefused(`${to.url} takes no refs besides branches`, {
        outcome: "forge-unavailable",
        hint: "allow those below refs/claw/claims/, by which machines that work on one issue know of each other",
      });
    throw refusal(answer, branch, to);
  });
}

/**
 * A hook declines the claim, its namespace is hidden, or several refs cannot be pushed in one step. One that is there, or that
 * another run makes just now, is refused in other words.
 */
const takesNoClaims = (answer: string, ref: string): boolean =>
  /does not support --atomic push/.test(answer) ||
  new RegExp(
    `:${ref}\\t\\[remote rejected\\] \\((?:(?:pre-receive )?hook declined|deny updating a hidden ref)\\)$`,
    "m",
  ).test(answer);

function refusal(answer: string, branch: string, { url, secret }: PushTarget): ClawError {
  const all = answer
    .replaceAll(secret, "…")
    .replaceAll(/^hint:.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
  // What the server itself says tells more than what git makes of it.
  const remote = [...answer.matchAll(/^remote: *(.*\S)/gm)].map(([, line]) => line).join(" ");
  const said = (remote === "" ? all : remote.replaceAll(secret, "…")).slice(-300);
  const failed = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint });
  if (/non-fast-forward|fetch first|already exists|stale info/i.test(all))
    return failed(
      `${branch} is on ${url} already, with other commits`,
      "somebody pushed to it: claw moves no branch; start a new run",
    );
  if (/Authentication failed|could not read|403|401/i.test(all))
    return failed(`${url} refuses the push: ${said}`, "the token needs write access to the repository's contents");
  if (/verified signature|must be signed/i.test(all))
    return failed(
      `${url} takes signed commits only: ${said}`,
      "name a key under forge.signing in config.yaml, and start a new run",
    );
  if (/protected branch|GH0|rule violations/i.test(all))
    return failed(
      `${url} refuses the push by its rules: ${said}`,
      "the change is on the local branch; look at the rules for branches below claw/",
    );
  return failed(
    `the push to ${url} failed: ${said}`,
    "try again later; a run that stopped here goes on with claw resume",
  );
}
