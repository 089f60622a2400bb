import type { Octokit } from "octokit";
import type { Need } from "../credential.ts";
import type { Forge } from "../forge.ts";
import { placeName } from "../place.ts";
import { showCheck } from "./check.ts";
import { ciRun } from "./ci.ts";
import { commentOnce, mayWrite, newestComments } from "./comments.ts";
import { type Access, connect } from "./connect.ts";
import { forgeError, isInDoubt } from "./failure.ts";
import { openIssues, readIssue } from "./issue.ts";
import { beyondLimits } from "./limits.ts";
import { asPullRequest, changesBetween, create, newestPullRequests, pullRequestFrom } from "./pulls.ts";
import { type Ask, repositoryQuestions, type RepositoryOptions } from "./repository.ts";
import { requiresSignatures } from "./rules.ts";
import type { Tokens } from "./tokens.ts";
import { issuesLabelled, redRuns } from "./wanted.ts";

export interface GitHubOptions extends Access, RepositoryOptions {
  readonly tokens: Tokens;
  /** Where git and browsers go, without a slash at the end: "https://github.com". */
  readonly web: string;
}

/** GitHub, github.com or an Enterprise server, seen as a forge. Nothing is sent before the first question. */
export function openGitHub(options: GitHubOptions): Forge {
  const { place, web, tokens } = options;
  const name = placeName(place);
  const at = { owner: place.owner, repo: place.repo };
  const from = options.fork ?? at;
  const as = connections(options);
  const ask = asking(options, as);
  return {
    place,
    readIssue: (number) => ask("read", `issue #${number} of ${name}`, (octokit) => readIssue(octokit, place, number)),
    openIssues: () => ask("read", `the issues of ${name}`, (octokit) => openIssues(octokit, at)),
    issuesLabelled: (label) =>
      ask("read", `the issues of ${name} labelled ${label}`, (octokit) => issuesLabelled(octokit, at, label)),
    redRuns: (branch) => ask("ci", `the CI runs of ${name}`, (octokit) => redRuns(octokit, at, branch)),
    ciRun: (id) => ask("ci", `CI run ${id} of ${name}`, (octokit) => ciRun(octokit, at, id, options.signal)),
    ...repositoryQuestions(options, ask),
    requiresSignatures: (branches) =>
      ask("read", `the rules of ${name}`, (octokit) => requiresSignatures(octokit, at, branches)),
    pullRequests: () => ask("read", `the pull requests of ${name}`, (octokit) => newestPullRequests(octokit, at, from)),
    pullRequestFrom: (branch) =>
      ask("read", `the pull requests of ${name}`, (octokit) => pullRequestFrom(octokit, { at, from }, branch)),
    followUp: (number, commit) =>
      ask("read", `pull request #${number} of ${name}`, async (octokit) => {
        const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number });
        const { state, commit: head } = asPullRequest(data, from);
        return { state, edits: head === commit ? null : await changesBetween(octokit, at, `${commit}...${head}`) };
      }),
    openDraft: (draft) =>
      ask("pull-request", `a draft pull request in ${name}`, async (octokit) => {
        const there = await pullRequestFrom(octokit, { at, from }, draft.branch);
        return there ?? (await create(octokit, { at, from }, draft));
      }),
    addLabels: (number, labels) =>
      ask("pull-request", `labels on #${number} of ${name}`, async (octokit) => {
        const add = () => octokit.rest.issues.addLabels({ ...at, issue_number: number, labels: [...labels] });
        // Put on twice they are there once.
        await add().catch((error: unknown) => (isInDoubt(error) ? add() : Promise.reject(error as Error)));
      }),
    showCheck: (check) => ask("read", `a check in ${name}`, () => showCheck(() => as("check"), at, check)),
    comments: (number) =>
      ask("read", `the comments of #${number} of ${name}`, (octokit) =>
        newestComments(octokit, { ...at, issue_number: number }),
      ),
    say: (number, text, mark) =>
      ask("comment", `a comment on #${number} of ${name}`, (octokit) =>
        commentOnce(octokit, { ...at, issue_number: number }, text, mark),
      ),
    mayWrite: (login) => ask("read", `what ${login} may do in ${name}`, (octokit) => mayWrite(octokit, at, login)),
    pushAccess: () =>
      ask("push", `a push to ${name}`, async () => ({
        url: `${web}/${from.owner}/${from.repo}.git`,
        username: "x-access-token",
        secret: await tokens("push"),
      })),
    account: () =>
      ask("read", "your account", async (octokit) => (await octokit.rest.users.getAuthenticated()).data.login),
  };
}

/** Asks with the credential for a need; what fails is told in terms of `what`. */
function asking(options: GitHubOptions, as: (need: Need) => Promise<Octokit>): Ask {
  const { signal, place } = options;
  return async (need, what, question) => {
    try {
      return await beyondLimits(async () => question(await as(need)), options);
    } catch (error) {
      signal?.throwIfAborted();
      throw forgeError(error, { what, host: place.host });
    }
  };
}

/** One client for each token, so that what it knows of rate limits lasts. */
function connections({ tokens, ...access }: GitHubOptions): (need: Need) => Promise<Octokit> {
  const clients = new Map<string, Octokit>();
  return async (need) => {
    const token = await tokens(need);
    const client = clients.get(token) ?? connect(token, access);
    clients.set(token, client);
    return client;
  };
}
