import type { Octokit } from "octokit";
import { ClawError } from "../../errors.ts";
import type { Reach } from "../../policy/forge-reach.ts";
import type { Need } from "../credential.ts";
import type { Draft, Forge, Place, PullRequest } from "../forge.ts";
import { placeName } from "../place.ts";
import { showCheck } from "./check.ts";
import { ciRun } from "./ci.ts";
import { commentOnce, mayWrite, newestComments } from "./comments.ts";
import { type Access, connect } from "./connect.ts";
import { forgeError, isInDoubt, isRequestFailure } from "./failure.ts";
import { readIssue } from "./issue.ts";
import type { Tokens } from "./tokens.ts";

export interface GitHubOptions extends Access {
  readonly place: Place;
  readonly tokens: Tokens;
  /** Whose the tokens are. */
  readonly kind: Reach["kind"];
  /** Where git and browsers go, without a slash at the end: "https://github.com". */
  readonly web: string;
}

/** Pull requests beyond this many are too old to matter for a cap or a duplicate. */
const PAGES = 3;

/** GitHub, github.com or an Enterprise server, seen as a forge. Nothing is sent before the first question. */
export function openGitHub(options: GitHubOptions): Forge {
  const { place, web, tokens } = options;
  const name = placeName(place);
  const at = { owner: place.owner, repo: place.repo };
  const as = connections(options);
  const ask = asking(options, as);
  return {
    place,
    readIssue: (number) => ask("read", `issue #${number} of ${name}`, (octokit) => readIssue(octokit, place, number)),
    ciRun: (id) => ask("ci", `CI run ${id} of ${name}`, (octokit) => ciRun(octokit, at, id, options.signal)),
    defaultBranch: () =>
      ask("read", `the repository ${name}`, async (octokit) =>
        writable((await octokit.rest.repos.get(at)).data, place),
      ),
    pullRequests: () => ask("read", `the pull requests of ${name}`, (octokit) => newestPullRequests(octokit, place)),
    pullRequestFrom: (branch) =>
      ask("read", `the pull requests of ${name}`, (octokit) => pullRequestFrom(octokit, place, branch)),
    followUp: (number, commit) =>
      ask("read", `pull request #${number} of ${name}`, async (octokit) => {
        const { data } = await octokit.rest.pulls.get({ ...at, pull_number: number });
        const { state, commit: head } = asPullRequest(data);
        return { state, edits: head === commit ? null : await changesBetween(octokit, at, `${commit}...${head}`) };
      }),
    openDraft: (draft) =>
      ask("pull-request", `a draft pull request in ${name}`, async (octokit) => {
        const there = await pullRequestFrom(octokit, place, draft.branch);
        return there ?? (await create(octokit, place, draft));
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
        url: `${web}/${place.owner}/${place.repo}.git`,
        username: "x-access-token",
        secret: await tokens("push"),
      })),
    reach: () => ask("pull-request", `the repository ${name}`, (octokit) => reachOf(octokit, place, options.kind)),
    account: () =>
      ask("read", "your account", async (octokit) => (await octokit.rest.users.getAuthenticated()).data.login),
  };
}

type Ask = <T>(need: Need, what: string, question: (octokit: Octokit) => Promise<T>) => Promise<T>;

/** Asks with the credential for a need; what fails is told in terms of `what`. */
function asking({ signal, place }: GitHubOptions, as: (need: Need) => Promise<Octokit>): Ask {
  return async (need, what, question) => {
    try {
      return await untilAborted(
        as(need).then((octokit) => question(octokit)),
        signal,
      );
    } catch (error) {
      signal?.throwIfAborted();
      throw forgeError(error, { what, host: place.host });
    }
  };
}

/** A rate limit is waited out without looking at the signal: nobody who wants to stop waits for that. */
async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer;
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([answer, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
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

async function pullRequestFrom(octokit: Octokit, { owner, repo }: Place, branch: string): Promise<PullRequest | null> {
  const { data } = await octokit.rest.pulls.list({
    owner,
    repo,
    state: "all",
    head: `${owner}:${branch}`,
    per_page: 10,
  });
  return data.map(asPullRequest).find((pull) => pull.branch === branch) ?? null;
}

/** What the credential may do here. An App's own permissions count, and it was just given that of pull requests. */
async function reachOf(octokit: Octokit, { owner, repo }: Place, kind: Reach["kind"]): Promise<Reach> {
  const { data, headers } = await octokit.rest.repos.get({ owner, repo });
  const scopes = headers["x-oauth-scopes"];
  return {
    kind,
    account: kind === "app" ? null : (await octokit.rest.users.getAuthenticated()).data.login,
    mayPush: kind === "app" || data.permissions?.push === true,
    mayAdminister: data.permissions?.admin === true,
    scopes: scopes === undefined ? null : scopes.split(/,\s*/),
  };
}

/** With this media type the answer is unified text, whatever the type says. */
async function changesBetween(
  octokit: Octokit,
  at: { owner: string; repo: string },
  basehead: string,
): Promise<string> {
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({
    ...at,
    basehead,
    mediaType: { format: "diff" },
  });
  return data as unknown as string;
}

/** The name of the default branch; a repository nobody can write to is refused before anything is tried. */
function writable(repository: { archived?: boolean; default_branch: string }, place: Place): string {
  if (!repository.archived) return repository.default_branch;
  throw new ClawError(`${placeName(place)} is archived: nobody can write to it`, {
    outcome: "forge-unavailable",
    hint: "the change is on the local branch: push it to a repository of your own",
  });
}

/** Writes once. When the answer says "there is one", or is lost, what is there counts. */
async function create(octokit: Octokit, place: Place, { branch, base, title, body }: Draft): Promise<PullRequest> {
  const { owner, repo } = place;
  try {
    const { data } = await octokit.rest.pulls.create({ owner, repo, title, body, head: branch, base, draft: true });
    return asPullRequest(data);
  } catch (error) {
    const duplicate = isRequestFailure(error) && error.status === 422 && /already exists/i.test(error.message);
    const there = duplicate || isInDoubt(error) ? await pullRequestFrom(octokit, place, branch) : null;
    if (there) return there;
    throw error;
  }
}

async function newestPullRequests(octokit: Octokit, { owner, repo }: Place): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  let page = 0;
  const pages = octokit.paginate.iterator(octokit.rest.pulls.list, {
    owner,
    repo,
    state: "all",
    sort: "created",
    direction: "desc",
    per_page: 100,
  });
  for await (const { data } of pages) {
    found.push(...data.map(asPullRequest));
    if (++page === PAGES) break;
  }
  return found;
}

interface Pull {
  readonly number: number;
  readonly html_url: string;
  readonly state: string;
  readonly draft?: boolean;
  readonly created_at: string;
  readonly merged_at: string | null;
  readonly body: string | null;
  readonly head: { readonly ref: string; readonly sha: string; readonly repo: { readonly full_name: string } | null };
  readonly base: { readonly repo: { readonly full_name: string } };
}

const asPullRequest = ({
  number,
  html_url,
  state,
  draft,
  created_at,
  merged_at,
  body,
  head,
  base,
}: Pull): PullRequest => ({
  number,
  url: html_url,
  state: merged_at === null ? (state === "open" ? "open" : "closed") : "merged",
  draft: draft ?? false,
  own: head.ref.startsWith("claw/") && head.repo?.full_name === base.repo.full_name,
  createdAt: Date.parse(created_at),
  branch: head.ref,
  commit: head.sha,
  body: body ?? "",
});
