import type { Octokit } from "octokit";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";

/**
 * Do rules of the repository ask for signed commits on one of these branches? Rulesets are told to everybody who reads it,
 * the older protection of a branch to administrators only; a server that tells neither asks for nothing.
 */
export async function requiresSignatures(
  octokit: Octokit,
  at: { owner: string; repo: string },
  branches: readonly string[],
): Promise<boolean> {
  const asked = branches.flatMap((branch) => [
    octokit.rest.repos
      .getBranchRules({ ...at, branch })
      .then(({ data }) => data.some(({ type }) => type === "required_signatures")),
    octokit.rest.repos.getCommitSignatureProtection({ ...at, branch }).then(({ data }) => data.enabled),
  ]);
  const told = await Promise.all(
    asked.map((answer) =>
      answer.catch((error: unknown) => {
        if (isRequestFailure(error) && error.status !== 401 && limitOf(error) === null) return false;
        throw error;
      }),
    ),
  );
  return told.includes(true);
}
