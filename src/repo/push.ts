import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClawError, UsageError } from "../errors.ts";
import { judgeBranch } from "../policy/judge.ts";
import { GitFailed } from "./host-git.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

export interface PushSpec {
  /** A full id; the repository holds it. */
  readonly commit: string;
  /** Its name there: claw/… and nothing else. */
  readonly branch: string;
  /** http or https, without a credential in it. */
  readonly url: string;
  readonly username: string;
  readonly secret: string;
  readonly signal?: AbortSignal;
}

/** Git asks it for the password and gets the next line of descriptor 3: the secret is in no file, argument or variable. */
const askpass = '#!/bin/sh\nIFS= read -r secret <&3 && printf "%s\\n" "$secret"\n';

/**
 * Pushes `commit` as a new branch below claw/ to an address, from a git directory of claw's own: no configuration, hook or
 * credential helper of anybody plays a part. Doing it twice does no harm; a branch that is elsewhere is never moved.
 */
export async function pushBranch(repository: Repository, spec: PushSpec): Promise<void> {
  const { commit, branch, secret, signal } = spec;
  if (judgeBranch(branch).verdict === "deny")
    throw new UsageError(`${branch} is not a branch of claw`, "only branches below claw/ are pushed");
  const url = new URL(spec.url);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new UsageError(`${spec.url} is no http address`, "git is pushed over https");
  url.username = spec.username;
  await withView(repository, async (view) => {
    const program = join(view.dir, "askpass");
    await writeFile(program, askpass, { mode: 0o700 });
    try {
      await view
        .git()
        .run(["push", "--porcelain", "--no-verify", "--no-signed", url.href, `${commit}:refs/heads/${branch}`], {
          remote: { protocol: url.protocol === "https:" ? "https" : "http", askpass: program, secret },
          ...(signal && { signal }),
        });
    } catch (error) {
      throw error instanceof GitFailed ? refusal(error, spec) : error;
    }
  });
}

function refusal(error: GitFailed, { branch, url, secret }: PushSpec): ClawError {
  const said = error.stderr.replaceAll(secret, "…").replace(/\s+/g, " ").slice(-300);
  const failed = (message: string, hint: string): ClawError =>
    new ClawError(message, { outcome: "forge-unavailable", hint });
  if (/non-fast-forward|fetch first|already exists|stale info/i.test(said))
    return failed(
      `${branch} is on ${url} already, with other commits`,
      "somebody pushed to it: claw moves no branch; start a new run",
    );
  if (/Authentication failed|could not read|403|401/i.test(said))
    return failed(`${url} refuses the push: ${said}`, "the token needs write access to the repository's contents");
  if (/protected branch|GH0|rule violations|signed/i.test(said))
    return failed(
      `${url} refuses the push by its rules: ${said}`,
      "the change is on the local branch; look at the rules for branches below claw/",
    );
  return failed(`the push to ${url} failed: ${said}`, "try again: claw publish <run>");
}
