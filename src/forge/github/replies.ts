import { z } from "zod";
import { ClawError } from "../../errors.ts";

/** An answer in good order that does not say what was asked for: nobody knows whether a write was done. */
export class OddReply extends ClawError {
  constructor(server: string, problem: string, cause?: unknown) {
    super(`what answers at ${server} is not GitHub's API: ${problem}`, {
      outcome: "forge-unavailable",
      hint: "give the address of the API in config.yaml, forge.hosts.<host>.api, or look at the proxy in between",
      cause,
    });
  }
}

const Text = z.string();
const MaybeText = z.string().nullish();
const Person = z.looseObject({ login: Text }).nullish();
const Sha = z.string().regex(/^[0-9a-f]{40,64}$/);

/** Whole numbers of a forge: octokit gives very large ones as bigint, which nothing here is. */
const Count = z.int().min(0);

const Pull = z.looseObject({
  number: z.int().positive(),
  html_url: Text,
  state: Text,
  draft: z.boolean().optional(),
  created_at: Text,
  merged_at: MaybeText,
  body: MaybeText,
  head: z.looseObject({ ref: Text, sha: Text, repo: z.looseObject({ full_name: Text }).nullish() }),
});

const Labels = z.array(z.union([Text, z.looseObject({ name: MaybeText })]));

const Issue = z.looseObject({
  title: Text,
  html_url: Text,
  state: Text,
  locked: z.boolean().optional(),
  body: MaybeText,
  comments: Count,
  labels: Labels,
  user: Person,
  author_association: Text.optional(),
});

const Comment = z.looseObject({
  id: Count,
  user: Person,
  body: MaybeText,
  html_url: Text,
  created_at: Text,
  updated_at: Text,
  author_association: Text.optional(),
});

/**
 * What claw reads of each answer, by the question as octokit names it; what else is in there is left alone. Answers that are
 * not here are not read. https://docs.github.com/en/rest
 */
const replies: Readonly<Record<string, z.ZodType>> = {
  "GET /user": z.looseObject({ login: Text }),
  "GET /repos/{owner}/{repo}": z.looseObject({
    default_branch: Text.min(1),
    full_name: Text.optional(),
    archived: z.boolean().optional(),
    permissions: z.looseObject({}).optional(),
  }),
  "GET /repos/{owner}/{repo}/git/ref/{ref}": z.looseObject({ object: z.looseObject({ sha: Sha }) }),
  "GET /repos/{owner}/{repo}/git/commits/{commit_sha}": z.looseObject({
    message: Text,
    committer: z.looseObject({ date: Text }),
  }),
  "GET /repos/{owner}/{repo}/rules/branches/{branch}": z.array(z.looseObject({ type: Text })),
  "GET /repos/{owner}/{repo}/branches/{branch}/protection/required_signatures": z.looseObject({ enabled: z.boolean() }),
  "GET /repos/{owner}/{repo}/issues": z.array(
    z.looseObject({ number: z.int().positive(), title: Text, html_url: Text, body: MaybeText, labels: Labels }),
  ),
  "GET /repos/{owner}/{repo}/issues/{issue_number}": Issue,
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": z.array(Comment),
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": z.looseObject({ html_url: Text }),
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": z.looseObject({ html_url: Text }),
  "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline": z.array(z.looseObject({})),
  "GET /repos/{owner}/{repo}/pulls": z.array(Pull),
  "POST /repos/{owner}/{repo}/pulls": Pull,
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": Pull,
  "GET /repos/{owner}/{repo}/compare/{basehead}": Text,
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": z.looseObject({
    check_runs: z.array(z.looseObject({ external_id: MaybeText })),
  }),
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": z.looseObject({ permission: Text }),
  "GET /repos/{owner}/{repo}/actions/runs": z.looseObject({
    workflow_runs: z.array(
      z.looseObject({
        id: Count,
        workflow_id: Count,
        name: MaybeText,
        conclusion: MaybeText,
        html_url: Text,
        head_sha: Text,
        created_at: Text,
      }),
    ),
  }),
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}": z.looseObject({
    name: MaybeText,
    status: MaybeText,
    conclusion: MaybeText,
    head_sha: Text,
  }),
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs": z.looseObject({
    jobs: z.array(z.looseObject({ id: Count, name: Text, conclusion: MaybeText })),
  }),
  "GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts": z.looseObject({
    artifacts: z.array(z.looseObject({ id: Count, name: Text, size_in_bytes: Count, expired: z.boolean() })),
  }),
  "GET /repos/{owner}/{repo}/installation": z.looseObject({ id: Count }),
  "POST /app/installations/{installation_id}/access_tokens": z.looseObject({ token: Text.min(1) }),
};

/** The questions whose answers are read. */
export const questionsRead: readonly string[] = Object.keys(replies);

/** A question as octokit names it, and what was answered. */
export interface Answer {
  readonly method: string;
  /** With its parameters' names in braces: "/repos/{owner}/{repo}". */
  readonly url: string;
  readonly data: unknown;
}

/** Refuses an answer that lacks what is read of it. Throws OddReply, which says what was expected and where. */
export function checkReply(server: string, { method, url, data }: Answer): void {
  const question = `${method} ${url}`;
  const wanted = replies[question];
  // A page for people, as a wrong address or a proxy that wants a log-in gives it.
  if (typeof data === "string" && !(wanted instanceof z.ZodString))
    throw new OddReply(server, `to ${question} it sends text`);
  const read = wanted?.safeParse(data);
  if (read === undefined || read.success) return;
  const [issue] = read.error.issues;
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.join(".")}` : "";
  throw new OddReply(
    server,
    `its answer to ${question} is unlike any of GitHub's${where}: ${issue?.message}`,
    read.error,
  );
}
