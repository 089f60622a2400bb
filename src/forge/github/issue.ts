import type { Octokit } from "octokit";
import type { ForgeIssue, Place } from "../forge.ts";

/** Comments that are read from the beginning and from the end; those between help nobody. */
const FIRST = 30;
const LAST = 30;
const PER_PAGE = 30;

/** An issue with its comments, bounded: three requests at most, however long the thread. */
export async function readIssue(octokit: Octokit, { owner, repo }: Place, number: number): Promise<ForgeIssue> {
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
  };
}

interface Comment {
  readonly user: { readonly login: string } | null;
  readonly author_association?: string;
  readonly body?: string;
}
