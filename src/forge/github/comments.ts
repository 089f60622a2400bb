import type { Octokit } from "octokit";
import { keepEnds } from "../../text.ts";
import type { ForgeComment, Saved, Standing } from "../forge.ts";
import { isInDoubt, isRequestFailure } from "./failure.ts";
import type { Repo } from "./pulls.ts";

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

/** GitHub takes 65,536 characters. */
const MAX_BODY = 60_000;
/** Pages that are looked through for a comment of one's own, from the first on: it is among the first words of a thread. */
const MOST_PAGES = 30;

/**
 * Writes a comment, or edits the first one of this account's that ends with the mark: `account` is null for a token that
 * belongs to no person, whose comments are those of an App. When an answer is lost, what is there counts.
 */
export async function saveComment(
  octokit: Octokit,
  at: Repo,
  { issue, text, mark, isNews }: Standing,
  account: string | null,
): Promise<Saved | null> {
  const thread = { ...at, issue_number: issue };
  const body = `${keepEnds(text.trimEnd(), MAX_BODY)}\n\n${mark}\n`;
  const there = await ownComment(octokit, thread, mark, account);
  if (there?.body.trimEnd() === body.trimEnd()) return { url: there.url, how: "unchanged" };
  if (there) {
    const edit = () => octokit.rest.issues.updateComment({ ...at, comment_id: there.id, body });
    // Edited twice it says the same.
    await edit().catch((error: unknown) => (isInDoubt(error) ? edit() : Promise.reject(error as Error)));
    return { url: there.url, how: "edited" };
  }
  if (!isNews) return null;
  try {
    const { data } = await octokit.rest.issues.createComment({ ...thread, body });
    return { url: data.html_url, how: "written" };
  } catch (error) {
    const made = isInDoubt(error) ? await ownComment(octokit, thread, mark, account) : null;
    if (made) return { url: made.url, how: "written" };
    throw error;
  }
}

interface OwnComment {
  readonly id: number;
  readonly url: string;
  readonly body: string;
}

async function ownComment(
  octokit: Octokit,
  thread: Thread,
  mark: string,
  account: string | null,
): Promise<OwnComment | null> {
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const { data } = await octokit.rest.issues.listComments({ ...thread, per_page: PER_PAGE, page });
    for (const { id, user, body, html_url } of data) {
      const isOwn = account === null ? user?.login.endsWith("[bot]") : user?.login === account;
      // A server may give the end of a line in another form.
      const plain = (body ?? "").replaceAll("\r\n", "\n");
      if (isOwn && plain.trimEnd().endsWith(mark)) return { id, url: html_url, body: plain };
    }
    if (data.length < PER_PAGE) break;
  }
  return null;
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
