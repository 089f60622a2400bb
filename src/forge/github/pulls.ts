import type { Octokit } from "octokit";
import { z } from "zod";
import { ClawError } from "../../errors.ts";
import type { Draft, PullRequest } from "../forge.ts";
import { isInDoubt, isRequestFailure, type RequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";

/** A repository of the forge. */
export type Repo = {
  readonly owner: string;
  readonly repo: string;
};

/** Where pull requests are opened, and the repository whose branches they come from: the same one, or a fork. */
export interface Ends {
  readonly at: Repo;
  readonly from: Repo;
}

/** The newest pull request of a repository that comes from this branch; null when there is none. */
export async function pullRequestFrom(
  octokit: Octokit,
  { at, from }: Ends,
  branch: string,
): Promise<PullRequest | null> {
  const head = `${from.owner}:${branch}`;
  const { data } = await octokit.rest.pulls.list({ ...at, state: "all", head, per_page: 10 });
  return data.map((pull) => asPullRequest(pull, from)).find((pull) => pull.branch === branch && pull.own) ?? null;
}

/** Writes once. When the answer says "there is one", or is lost, what is there counts. */
export async function create(octokit: Octokit, ends: Ends, draft: Draft): Promise<PullRequest> {
  const { at, from } = ends;
  const { branch, base, title, body } = draft;
  const head = from === at ? branch : `${from.owner}:${branch}`;
  try {
    const { data } = await octokit.rest.pulls.create({ ...at, title, body, head, base, draft: true });
    return asPullRequest(data, from);
  } catch (error) {
    const duplicate = isRequestFailure(error) && error.status === 422 && /already exists/i.test(error.message);
    const there = duplicate || isInDoubt(error) ? await pullRequestFrom(octokit, ends, branch) : null;
    if (there) return there;
    if (isRequestFailure(error) && invalidField(error) === "base")
      throw new ClawError(`${at.owner}/${at.repo} has no branch ${base} to merge into`, {
        outcome: "forge-unavailable",
        hint: `push it there first: git push origin ${base}; then: claw publish <run>`,
        cause: error,
      });
    throw error;
  }
}

/** What a refusal says is wrong with the request. */
function invalidField({ response }: RequestFailure): string | undefined {
  const refusal = z.object({ errors: z.array(z.object({ field: z.string() })).min(1) }).safeParse(response?.data);
  return refusal.data?.errors[0]?.field;
}

/** Pull requests beyond this many are too old to matter for a cap or a duplicate. */
const PAGES = 3;
const PER_PAGE = 100;

/** The newest few hundred. */
export async function newestPullRequests(octokit: Octokit, at: Repo, from: Repo): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  // By number: where a server says that the next page is, a token has no business.
  for (let page = 1; page <= PAGES; page += 1) {
    const { data } = await octokit.rest.pulls.list({
      ...at,
      state: "all",
      sort: "created",
      direction: "desc",
      per_page: PER_PAGE,
      page,
    });
    found.push(...data.map((pull) => asPullRequest(pull, from)));
    if (data.length < PER_PAGE) break;
  }
  return found;
}

interface Pull {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly created_at: string;
  readonly merged_at?: string | null;
  readonly body?: string | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo?: { readonly full_name: string } | null };
}

/** As claw sees it; `from` is the repository that claw pushes to. */
export const asPullRequest = (
  { number, html_url, state, draft, created_at, merged_at, body, head }: Pull,
  from: Repo,
): PullRequest => ({
  number,
  url: html_url,
  state: merged_at ? "merged" : state === "open" ? "open" : "closed",
  draft: draft ?? false,
  own: head.ref.startsWith("claw/") && isCalled(head.repo?.full_name, from),
  createdAt: Date.parse(created_at),
  branch: head.ref,
  commit: head.sha,
  body: body ?? "",
});

/** Names differ in more than upper and lower case. */
const isCalled = (name: string | undefined, { owner, repo }: Repo): boolean =>
  name?.toLowerCase() === `${owner}/${repo}`.toLowerCase();

/** Unified text of what "one...other" changes: with this media type the answer is that, whatever its type says. */
export async function changesBetween(octokit: Octokit, at: Repo, basehead: string): Promise<string> {
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
    ...at,
    basehead,
    mediaType: { format: "diff" },
  });
  return data as unknown as string;
}

/** Labels on a pull request; false where the token may not put them there, or they are refused. */
export async function addLabels(
  octokit: Octokit,
  at: Repo,
  { number, labels }: { readonly number: number; readonly labels: readonly string[] },
): Promise<boolean> {
  const add = () => octokit.rest.issues.addLabels({ ...at, issue_number: number, labels: [...labels] });
  try {
    // Put on twice they are there once.
    await add().catch((error: unknown) => (isInDoubt(error) ? add() : Promise.reject(error as Error)));
    return true;
  } catch (error) {
    if (isRequestFailure(error) && limitOf(error) === null && [403, 404, 422].includes(error.status)) return false;
    throw error;
  }
}
