import { access, constants, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ClawError, UsageError } from "../../errors.ts";
import { type Claim, claimantIn, claimRef } from "../../policy/claim.ts";
import type {
  Check,
  Draft,
  Forge,
  ForgeComment,
  ForgeIssue,
  OpenIssue,
  Place,
  Saved,
  Standing,
  WantedIssue,
} from "../forge.ts";
import { barePath, folderOf } from "../place.ts";
import { numbersIn, readWritten, writeNew, writeOver, type Written } from "./files.ts";
import type { LocalGit } from "./local-git.ts";
import { readPage } from "./page.ts";
import { type People, peopleOf } from "./people.ts";
import { createPull, labelPull, pullRequest, pullRequests, pullsAbout } from "./pulls.ts";

/** Comments that are read from the beginning and from the end. */
const FIRST = 30;
const LAST = 30;
/** A decision is among the last words of a thread. */
const NEWEST = 300;
/** Issues that are looked through for one that says the same. */
const LISTED = 100;

export interface LocalOptions {
  readonly place: Place;
  readonly git: LocalGit;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A forge without a server: a bare repository, and beside it the folder <repository>.forge with issues/<n>.md, their
 * comments issues/<n>/<m>.md, pulls/<n>.md and checks/<commit>/<run>.md. People read and write them with any editor; who
 * wrote a file is who owns it.
 */
export function openLocal({ place, git, now }: LocalOptions): Forge {
  const bare = barePath(place);
  const folder = folderOf(place);
  const people = peopleOf(bare, folder);
  const thread = (issue: number): string => join(folder, "issues", `${issue}`);
  const from = async (branch: string) => (await pullRequests(folder, git)).find((pull) => pull.branch === branch);
  return {
    place,
    readIssue: (number) => readIssue(folder, people, number),
    openIssues: () => openIssues(join(folder, "issues")),
    issuesLabelled: (label) => issuesLabelled(join(folder, "issues"), label),
    redRuns: () => Promise.resolve([]),
    ciRun: () => Promise.resolve(null),
    ciEvidence: () => Promise.resolve(null),
    defaultBranch: () => git.defaultBranch(),
    async checkPublish() {
      if (await mayChange(bare)) return;
      throw new ClawError(`${bare} cannot be written to`, {
        outcome: "forge-unavailable",
        hint: "mend its permissions, or keep the fix on a local branch with --no-pr",
      });
    },
    tips: async (branch) => ({
      branch: await git.branch(branch),
      base: await git.branch(await git.defaultBranch()),
    }),
    claim: (issue, number) => claimIn(git, claimRef(issue, number)),
    requiresSignatures: () => Promise.resolve(false),
    pullRequests: () => pullRequests(folder, git),
    pullRequestFrom: async (branch) => (await from(branch)) ?? null,
    async followUp(number, commit) {
      const { state, commit: head } = await pullRequest(folder, git, number);
      return { state, edits: head === commit ? null : await git.changes(commit, head) };
    },
    openDraft: async (draft) =>
      (await from(draft.branch)) ?? pullRequest(folder, git, await opened(folder, git, draft, now())),
    async addLabels(number, labels) {
      await labelPull(folder, number, labels);
      return true;
    },
    showCheck: async (check) => {
      await writeNew(join(folder, "checks", check.commit, `${check.run}.md`), checkPage(check));
      return true;
    },
    comments: async (issue) =>
      Promise.all((await commentFiles(thread(issue), -NEWEST)).map((written) => commentOf(written, people))),
    say: (issue, text, mark) => say(thread(issue), text, mark),
    saveComment: (standing) => saveComment(thread(standing.issue), standing),
    mayWrite: (login) => people.mayWrite(login),
    pushAccess: () => Promise.resolve({ path: bare }),
    reach: async () => ({
      kind: "local",
      account: userInfo().username,
      mayPush: await mayChange(bare),
      mayAdminister: false,
      scopes: null,
    }),
    account: () => Promise.resolve(userInfo().username),
  };
}

async function claimIn(git: LocalGit, ref: string): Promise<Claim | null> {
  const note = await git.note(ref);
  return note && { run: claimantIn(note.message), at: note.at };
}

async function readIssue(folder: string, people: People, number: number): Promise<ForgeIssue> {
  const path = join(folder, "issues", `${number}.md`);
  const [written, pull] = await Promise.all([
    readWritten(path),
    readWritten(join(folder, "pulls", `${number}.md`)).catch(() => null),
  ]);
  const file = written ?? pull;
  if (!file)
    throw new UsageError(`there is no issue ${path}`, "write one: its first line is the title, the rest what is wrong");
  const { settings, title, body } = readPage(file.text);
  const numbers = await numbersIn(join(folder, "issues", `${number}`));
  const first = await commentFiles(join(folder, "issues", `${number}`), FIRST);
  const last = numbers.length > FIRST ? await commentFiles(join(folder, "issues", `${number}`), -LAST) : [];
  const shown = [...first, ...last.filter(({ path: one }) => !first.some((other) => other.path === one))];
  return {
    number,
    title,
    url: file.path,
    state: settings["state"] === "closed" ? "closed" : "open",
    locked: settings["locked"] === true,
    isPullRequest: written === null,
    labels: words(settings["labels"]),
    author: await people.nameOf(file.uid),
    association: file.loose ? "NONE" : await people.association(file.uid),
    body,
    comments: await Promise.all(
      shown.map(async ({ text, uid, loose }) => ({
        author: await people.nameOf(uid),
        association: loose ? "NONE" : await people.association(uid),
        body: text.trim(),
      })),
    ),
    commentsLeftOut: numbers.length - shown.length,
    linked: written === null ? [] : await pullsAbout(folder, number, people),
  };
}

/** The newest that are open. A file that cannot be read is left out: it is context. */
async function openIssues(dir: string): Promise<readonly OpenIssue[]> {
  const numbers = (await numbersIn(dir)).slice(-LISTED).toReversed();
  const pages = numbers.map(async (number) => {
    const file = await readWritten(join(dir, `${number}.md`)).catch(() => null);
    if (!file) return [];
    const { settings, title, body } = readPage(file.text);
    return settings["state"] === "closed" ? [] : [{ number, title, url: file.path, body }];
  });
  return (await Promise.all(pages)).flat();
}

/** Those with a label; when they were written is when their file was last changed. */
async function issuesLabelled(dir: string, label: string): Promise<readonly WantedIssue[]> {
  const open = (await openIssues(dir)).toReversed();
  const pages = open.map(async (issue) => {
    const [file, state] = await Promise.all([
      readWritten(issue.url).catch(() => null),
      stat(issue.url).catch(() => null),
    ]);
    const labels = file ? words(readPage(file.text).settings["labels"]) : [];
    return labels.includes(label) ? [{ ...issue, labels, createdAt: Math.round(state?.mtimeMs ?? 0) }] : [];
  });
  return (await Promise.all(pages)).flat();
}

/** The first of a thread, or with a negative count the last, in their order. */
async function commentFiles(dir: string, count: number): Promise<Written[]> {
  const numbers = await numbersIn(dir);
  const wanted = count < 0 ? numbers.slice(count) : numbers.slice(0, count);
  const files = await Promise.all(wanted.map((number) => readWritten(join(dir, `${number}.md`))));
  return files.filter((file) => file !== null);
}

const commentOf = async ({ path, text, uid, loose }: Written, people: People): Promise<ForgeComment> => ({
  author: await people.nameOf(uid),
  body: text,
  url: path,
  edited: loose,
});

async function say(dir: string, text: string, mark: string): Promise<string> {
  const there = (await commentFiles(dir, -NEWEST)).findLast((file) => file.text.includes(mark));
  if (there) return there.path;
  return written(dir, `${text}\n\n${mark}\n`);
}

/** Who writes while we do takes a number, and we the next. */
async function written(dir: string, text: string): Promise<string> {
  for (let number = ((await numbersIn(dir)).at(-1) ?? 0) + 1; ; number += 1) {
    const path = join(dir, `${number}.md`);
    if (await writeNew(path, text)) return path;
  }
}

/** Edits the first of this account's that ends with the mark, else takes the next number. */
async function saveComment(dir: string, { text, mark, isNews }: Standing): Promise<Saved | null> {
  const body = `${text.trimEnd()}\n\n${mark}\n`;
  const there = (await commentFiles(dir, Number.MAX_SAFE_INTEGER)).find(
    (file) => file.uid === userInfo().uid && !file.loose && file.text.trimEnd().endsWith(mark),
  );
  if (there?.text === body) return { url: there.path, how: "unchanged" };
  if (!there) return isNews ? { url: await written(dir, body), how: "written" } : null;
  await writeOver(there.path, body);
  return { url: there.path, how: "edited" };
}

async function opened(folder: string, git: LocalGit, draft: Draft, at: number): Promise<number> {
  const commit = await git.branch(draft.branch);
  if (commit !== null) return createPull(folder, { ...draft, commit }, at);
  throw new ClawError(`the branch ${draft.branch} is not in the repository beside ${folder}`, {
    outcome: "forge-unavailable",
    hint: "somebody removed it meanwhile: publish again",
  });
}

const checkPage = ({ name, title, summary, remarks }: Check): string =>
  [`# ${name}: ${title}`, summary, ...remarks.map(({ path, line, text }) => `- ${path}:${line}: ${text}`), ""].join(
    "\n\n",
  );

const words = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).filter((word): word is string => typeof word === "string");

const mayChange = (bare: string): Promise<boolean> =>
  access(join(bare, "objects"), constants.W_OK).then(
    () => true,
    () => false,
  );
