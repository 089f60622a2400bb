import type { Octokit } from "octokit";
import type { ForgeComment } from "../forge.ts";
import { isInDoubt, isRequestFailure } from "./failure.ts";

type Thread = {
  readonly owner: string;
  readonly repo: string;
  readonly issue_number: number;
};

/** Comments of one page, and how many of the newest pages are read: a decision is among the last words of a thread. */
const PER_PAGE = 100;
const PAGES = 3;

/** The newest few hundred comments of a thread, oldest first. */
export async function newestComments(octokit: Octokit, thread: Thread): Promise<ForgeComment[]> {
  const { data: issue } = await octokit.rest.issues.get(thread);
  const last = Math.max(1, Math.ceil(issue.comments / PER_PAGE));
  const pages = Array.from({ length: Math.min(PAGES, last) }, (_, back) => last - back).toReversed();
  const found: ForgeComment[] = [];
  for (const page of pages) {
    const { data } = await octokit.rest.issues.listComments({ ...thread, per_page: PER_PAGE, page });
    for (const { user, body, html_url, created_at, updated_at } of data)
      found.push({
        author: user?.login ?? "ghost",
        body: body ?? "",
        url: html_url,
        edited: created_at !== updated_at,
      });
  }
  return found;
}

/** Writes a comment, unless one with this mark is there; when the answer is lost, what is there counts. */
export async function commentOnce(octokit: Octokit, thread: Thread, text: string, mark: string): Promise<string> {
  const written = async (): Promise<string | undefined> =>
    (await newestComments(octokit, thread)).findLast(({ body }) => body.includes(mark))?.url;
  const there = await written();
  if (there) return there;
  try {
    const { data } = await octokit.rest.issues.createComment({ ...thread, body: `${text}\n\n${mark}\n` });
    return data.html_url;
  } catch (error) {
    const made = isInDoubt(error) ? await written() : undefined;
    if (made) return made;
    throw error;
  }
}

const WRITERS = new Set(["admin", "maintain", "write"]);

/** What the repository itself says a person may do; who is no collaborator may nothing. */
export async function mayWrite(octokit: Octokit, at: { owner: string; repo: string }, login: string): Promise<boolean> {
  try {
    const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: login });
    return WRITERS.has(data.permission);
  } catch (error) {
    // Apps, and accounts that are gone: the forge knows no such person.
    if (isRequestFailure(error) && error.status === 404) return false;
    throw error;
  }
}
