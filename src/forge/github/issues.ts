import type { Forge } from "../forge.ts";
import { placeName } from "../place.ts";
import { commentOnce, mayWrite, newestComments, saveComment } from "./comments.ts";
import { openIssues, readIssue } from "./issue.ts";
import { accountOf, type Ask, type RepositoryOptions } from "./repository.ts";
import { issuesLabelled } from "./wanted.ts";

/** What is asked about issues, and said in them. */
export function issueQuestions(
  { place, kind }: Pick<RepositoryOptions, "place" | "kind">,
  ask: Ask,
): Pick<Forge, "readIssue" | "openIssues" | "issuesLabelled" | "comments" | "say" | "saveComment" | "mayWrite"> {
  const name = placeName(place);
  return {
    readIssue: (number) =>
      ask("read", `issue #${number} of ${name}`, (octokit, { at }) => readIssue(octokit, at, number)),
    openIssues: () => ask("read", `the issues of ${name}`, (octokit, { at }) => openIssues(octokit, at)),
    issuesLabelled: (label) =>
      ask("read", `the issues of ${name} labelled ${label}`, (octokit, { at }) => issuesLabelled(octokit, at, label)),
    comments: (number) =>
      ask("read", `the comments of #${number} of ${name}`, (octokit, { at }) =>
        newestComments(octokit, { ...at, issue_number: number }),
      ),
    say: (number, text, mark) =>
      ask("comment", `a comment on #${number} of ${name}`, (octokit, { at }) =>
        commentOnce(octokit, { ...at, issue_number: number }, text, mark),
      ),
    saveComment: (standing) =>
      ask("comment", `a comment on #${standing.issue} of ${name}`, async (octokit, { at }) =>
        saveComment(octokit, at, standing, kind === "app" ? null : await accountOf(octokit)),
      ),
    mayWrite: (login) =>
      ask("read", `what ${login} may do in ${name}`, (octokit, { at }) => mayWrite(octokit, at, login)),
  };
}
