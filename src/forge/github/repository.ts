import type { Octokit } from "octokit";
import { ClawError } from "../../errors.ts";
import { type Claim, claimantIn, claimRef } from "../../policy/claim.ts";
import type { Reach } from "../../policy/forge-reach.ts";
import type { Need } from "../credential.ts";
import type { Forge, Place } from "../forge.ts";
import { placeName } from "../place.ts";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";
import type { Ends, Repo } from "./pulls.ts";

/** Asks with the credential for a need, under the names of now; what fails is told in terms of `what`. */
export type Ask = <T>(need: Need, what: string, question: (octokit: Octokit, ends: Ends) => Promise<T>) => Promise<T>;

/** A repository, and with what it is looked at. */
export interface RepositoryOptions {
  readonly place: Place;
  /** Whose the tokens are. */
  readonly kind: Reach["kind"];
  /** Where branches are pushed to instead. */
  readonly fork?: Repo;
}

/** What is asked about the repository itself. */
export function repositoryQuestions(
  { place, kind, fork }: RepositoryOptions,
  ask: Ask,
): Pick<Forge, "defaultBranch" | "checkPublish" | "tips" | "claim" | "reach"> {
  const what = `the repository ${placeName(place)}`;
  return {
    defaultBranch: () =>
      ask("read", what, async (octokit, { at }) => writable((await octokit.rest.repos.get(at)).data, place)),
    checkPublish: () =>
      ask("pull-request", what, async (octokit, { at }) => {
        const { data } = await octokit.rest.repos.get(at);
        writable(data, place);
        if (kind === "token" && !fork) pushable(data, place);
      }),
    tips: (branch) =>
      ask("read", `the branches of ${placeName(place)}`, async (octokit, { at, from }) => {
        const { data } = await octokit.rest.repos.get(at);
        const [ours, base] = await Promise.all([
          tipOf(octokit, from, `heads/${branch}`),
          tipOf(octokit, at, `heads/${data.default_branch}`),
        ]);
        return { branch: ours, base };
      }),
    claim: (issue, number) =>
      ask("read", `the claims on #${issue} of ${placeName(place)}`, (octokit, { from }) =>
        readClaim(octokit, from, claimRef(issue, number)),
      ),
    reach: () => ask("pull-request", what, (octokit, { at }) => reachOf(octokit, at, kind)),
  };
}

/** What the credential may do here. An App's own permissions count, and it was just given that of pull requests. */
async function reachOf(octokit: Octokit, at: Repo, kind: Reach["kind"]): Promise<Reach> {
  const { data, headers } = await octokit.rest.repos.get(at);
  const scopes = headers["x-oauth-scopes"];
  const account = kind === "app" ? null : await accountOf(octokit);
  return {
    kind: account === null ? "app" : kind,
    account,
    mayPush: account === null || data.permissions?.push === true,
    mayAdminister: data.permissions?.admin === true,
    scopes: scopes === undefined ? null : scopes.split(/,\s*/),
  };
}

/** Null for a token that belongs to nobody, as that of a workflow does. */
export async function accountOf(octokit: Octokit): Promise<string | null> {
  try {
    return (await octokit.rest.users.getAuthenticated()).data.login;
  } catch (error) {
    // To be asked too much says nothing about whose it is.
    if (isRequestFailure(error) && error.status === 403 && limitOf(error) === null) return null;
    throw error;
  }
}

/** Where a ref is, named without "refs/"; null when it is not there, or the server does not tell. */
const tipOf = (octokit: Octokit, at: Repo, ref: string): Promise<string | null> =>
  ifThere(async () => (await octokit.rest.git.getRef({ ...at, ref })).data.object.sha);

/** What a claim says is in its commit. */
async function readClaim(octokit: Octokit, at: Repo, ref: string): Promise<Claim | null> {
  const sha = await tipOf(octokit, at, ref.replace(/^refs\//, ""));
  if (sha === null) return null;
  const commit = await ifThere(async () => (await octokit.rest.git.getCommit({ ...at, commit_sha: sha })).data);
  const madeAt = Date.parse(commit?.committer.date ?? "");
  return { run: claimantIn(commit?.message ?? ""), at: Number.isNaN(madeAt) ? null : madeAt };
}

/** Null for what is not there, and in an empty repository. */
async function ifThere<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isRequestFailure(error) && [404, 409].includes(error.status)) return null;
    throw error;
  }
}

/**
 * Told before anything is paid for. Of a token that belongs to nobody GitHub says that it may do nothing, reading included:
 * that tells nothing.
 */
function pushable({ permissions }: { permissions?: { pull?: boolean; push?: boolean } }, place: Place): void {
  if (permissions?.push !== false || permissions.pull !== true) return;
  const name = placeName(place);
  throw new ClawError(`the token may not push to ${name}`, {
    outcome: "forge-unavailable",
    hint: `name your own fork in config.yaml: forge: { forks: { "${name}": you/${place.repo} } }; or keep the fix here with --no-pr`,
  });
}

/** The name of the default branch; a repository nobody can write to is refused before anything is tried. */
function writable(repository: { archived?: boolean; default_branch: string }, place: Place): string {
  if (!repository.archived) return repository.default_branch;
  throw new ClawError(`${placeName(place)} is archived: nobody can write to it`, {
    outcome: "forge-unavailable",
    hint: "keep the fix on a local branch with --no-pr, and push it to a repository of your own",
  });
}
