import type { Octokit } from "octokit";
import type { Need } from "../credential.ts";
import type { Forge } from "../forge.ts";
import { placeName } from "../place.ts";
import { showCheck } from "./check.ts";
import { ciRun } from "./ci.ts";
import { ciEvidence } from "./ci-evidence.ts";
import { type Access, connect } from "./connect.ts";
import { forgeError } from "./refusal.ts";
import { issueQuestions } from "./issues.ts";
import { beyondLimits } from "./limits.ts";
import { Moved, type Names, namesOf, type NamesOptions, unknownName } from "./moved.ts";
import { addLabels, asPullRequest, changesBetween, create, newestPullRequests, pullRequestFrom } from "./pulls.ts";
import { type Ask, repositoryQuestions, type RepositoryOptions } from "./repository.ts";
import { requiresSignatures } from "./rules.ts";
import type { Tokens } from "./tokens.ts";
import { redRuns } from "./wanted.ts";

export interface GitHubOptions extends Access, RepositoryOptions, NamesOptions {
  readonly tokens: Tokens;
  /** Where git and browsers go, without a slash at the end: "https://github.com". */
  readonly web: string;
}

/** GitHub, github.com or an Enterprise server, seen as a forge. Nothing is sent before the first question. */
export function openGitHub(options: GitHubOptions): Forge {
  const { web, tokens } = options;
  const name = placeName(options.place);
  const as = connections(options);
  const names = namesOf(options);
  const ask = asking(options, names, as);
  return {
    get place() {
      return names.place;
    },
    ...issueQuestions(options, ask),
    redRuns: (branch) => ask("ci", `the CI runs of ${name}`, (octokit, { at }) => redRuns(octokit, at, branch)),
    ciRun: (id) => ask("ci", `CI run ${id} of ${name}`, (octokit, { at }) => ciRun(octokit, at, id, options.signal)),
    ciEvidence: (id) =>
      ask("ci", `CI run ${id} of ${name}`, (octokit, { at }) => ciEvidence(octokit, at, id, options.signal)),
    ...repositoryQuestions(options, ask),
    requiresSignatures: (branches) =>
      ask("read", `the rules of ${name}`, (octokit, { at }) => requiresSignatures(octokit, at, branches)),
    pullRequests: () =>
      ask("read", `the pull requests of ${name}`, (octokit, { at, from }) => newestPullRequests(octokit, at, from)),
    pullRequestFrom: (branch) =>
      ask("read", `the pull requests of ${name}`, (octokit, ends) => pullRequestFrom(octokit, ends, branch)),
    followUp: (number, commit) =>
      ask("read", `pull request #${number} of ${name}`, async (octokit, { at, from }) => {
        const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number });
        const { state, commit: head } = asPullRequest(data, from);
        return { state, edits: head === commit ? null : await changesBetween(octokit, at, `${commit}...${head}`) };
      }),
    openDraft: (draft) =>
      ask("pull-request", `a draft pull request in ${name}`, async (octokit, ends) => {
        const there = await pullRequestFrom(octokit, ends, draft.branch);
        return there ?? (await create(octokit, ends, draft));
      }),
    addLabels: (number, labels) =>
      ask("pull-request", `labels on #${number} of ${name}`, (octokit, { at }) =>
        addLabels(octokit, at, { number, labels }),
      ),
    showCheck: (check) => ask("read", `a check in ${name}`, (_, { at }) => showCheck(() => as("check"), at, check)),
    pushAccess: () =>
      ask("push", `a push to ${name}`, async (_, { from }) => ({
        url: `${web}/${from.owner}/${from.repo}.git`,
        username: "x-access-token",
        secret: await tokens("push"),
      })),
    account: () =>
      ask("read", "your account", async (octokit) => (await octokit.rest.users.getAuthenticated()).data.login),
  };
}

/** Asks with the credential for a need; what fails is told in terms of `what`. A repository that has moved is asked there. */
function asking(options: GitHubOptions, names: Names, as: (need: Need) => Promise<Octokit>): Ask {
  const { signal, place } = options;
  const told = async <T>(what: string, question: () => Promise<T>): Promise<T> => {
    try {
      return await beyondLimits(question, options);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof Moved ? error : forgeError(error, { what, host: place.host });
    }
  };
  return async (need, what, question) => {
    const asked = () => told(what, async () => question(await as(need), names.ends));
    try {
      return await asked();
    } catch (error) {
      if (!(error instanceof Moved)) throw error;
      const renewed = told(what, async () => names.renew(await as(need)));
      return renewed.then(asked).catch((again: unknown) => {
        throw again instanceof Moved ? unknownName(names.ends.at) : again;
      });
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
