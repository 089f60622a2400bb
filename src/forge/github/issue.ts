import type { Octokit } from "octokit";
import { z } from "zod";
import type { ForgeIssue, LinkedPull, OpenIssue } from "../forge.ts";
import { isRequestFailure } from "./failure.ts";
import { limitOf } from "./limits.ts";
import type { Repo } from "./pulls.ts";

/** Comments that are read from the beginning and from the end; those between help nobody. */
const FIRST = 30;
const LAST = 30;
const PER_PAGE = 30;

/** Pull requests that mention an issue and are told of it. */
const MAX_LINKED = 10;

/** An issue with its comments, bounded: five requests at most, however long the thread. */
export async function readIssue(octokit: Octokit, { owner, repo }: Repo, number: number): Promise<ForgeIssue> {
  const at = { owner, repo, issue_number: number };
  const { data: issue } = await octokit.rest.issues.get(at);
  const total = issue.comments;
  const page = async (index: number): Promise<Comment[]> =>
    (await octokit.rest.issues.listComments({ ...at, per_page: PER_PAGE, page: index })).data;
  const lastPage = Math.max(1, Math.ceil(total / PER_PAGE));
  const first = total > 0 ? await page(1) : [];
  const last = total > FIRST ? (await page(lastPage)).slice(-LAST) : [];
  return {
    number,
    title: issue.title,
    url: issue.html_url,
    state: issue.state === "closed" ? "closed" : "open",
    locked: issue.locked,
    isPullRequest: issue.pull_request !== undefined,
    labels: issue.labels.map((label) => (typeof label === "string" ? label : (label.name ?? ""))),
    author: issue.user?.login ?? "ghost",
    association: issue.author_association ?? "NONE",
    body: issue.body ?? "",
    comments: [...first, ...last].map(({ user, author_association, body }) => ({
      author: user?.login ?? "ghost",
      association: author_association ?? "NONE",
      body: body ?? "",
    })),
    commentsLeftOut: Math.max(0, total - first.length - last.length),
    linked: issue.pull_request ? [] : await linkedPulls(octokit, { owner, repo }, number),
  };
}

/** Those that are open, on one page. A server that does not tell is no error: it is context. */
export async function openIssues(octokit: Octokit, at: { owner: string; repo: string }): Promise<readonly OpenIssue[]> {
  try {
    const { data } = await octokit.rest.issues.listForRepo({
      ...at,
      state: "open",
      per_page: 100,
    });
    return data
      .filter(({ pull_request }) => pull_request === undefined)
      .map(({ number, title, html_url, body }) => ({ number, title, url: html_url, body: body ?? "" }));
  } catch (error) {
    if (isRequestFailure(error) && error.status !== 401 && limitOf(error) === null) return [];
    throw error;
  }
}

/** From the first and the last page of what happened to the issue. A server that does not tell is no error: it is context. */
async function linkedPulls(
  octokit: Octokit,
  at: { owner: string; repo: string },
  number: number,
): Promise<readonly LinkedPull[]> {
  const page = (index: number) =>
    octokit.rest.issues.listEventsForTimeline({
      ...at,
      issue_number: number,
      per_page: 100,
      page: index,
    });
  try {
    const first = await page(1);
    const last = Number(/[?&]page=(\d+)[^>]*>; rel="last"/.exec(first.headers.link ?? "")?.[1] ?? 1);
    const events = [...first.data, ...(last > 1 ? (await page(last)).data : [])];
    const found = events.flatMap((event) => linkedPull(event, `${at.owner}/${at.repo}`));
    return [...new Map(found.map((pull) => [pull.number, pull])).values()].slice(-MAX_LINKED);
  } catch (error) {
    if (isRequestFailure(error) && error.status !== 401 && limitOf(error) === null) return [];
    throw error;
  }
}

/** What names an issue: the part of an event that counts here. */
const Mention = z.object({
  event: z.literal("cross-referenced"),
  source: z.object({
    issue: z.object({
      number: z.int(),
      title: z.string(),
      state: z.string(),
      user: z.object({ login: z.string() }).nullish(),
      pull_request: z.object({ merged_at: z.string().nullish() }),
      repository: z.object({ full_name: z.string() }),
    }),
  }),
});

/** Other events, and pull requests of other repositories, name none. */
function linkedPull(event: unknown, repository: string): LinkedPull[] {
  const from = Mention.safeParse(event).data?.source.issue;
  if (from?.repository.full_name.toLowerCase() !== repository.toLowerCase()) return [];
  const { number, title, user, state, pull_request } = from;
  const fate = pull_request.merged_at ? "merged" : state === "open" ? "open" : "closed";
  return [{ number, title, author: user?.login ?? "ghost", state: fate }];
}

interface Comment {
  readonly user: { readonly login: string } | null;
  readonly author_association?: string;
  readonly body?: string;
}
