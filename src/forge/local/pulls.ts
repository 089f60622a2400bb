import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../../errors.ts";
import type { Draft, LinkedPull, PullRequest } from "../forge.ts";
import { numbersIn, readWritten, writeNew, writeOver } from "./files.ts";
import type { LocalGit } from "./local-git.ts";
import type { People } from "./people.ts";
import { type Page, readPage, writePage } from "./page.ts";

/** What stands above the text of a pull request. A person closes it by its state; that it was merged is seen in git. */
const Settings = z.object({
  state: z.enum(["open", "closed", "merged"]),
  draft: z.boolean().default(true),
  branch: z.string(),
  base: z.string(),
  commit: z.string(),
  created: z.string(),
  labels: z.array(z.string()).default([]),
});

interface Pull {
  readonly number: number;
  readonly page: Page;
  readonly settings: z.infer<typeof Settings>;
  readonly uid: number;
}

const pathOf = (folder: string, number: number): string => join(folder, "pulls", `${number}.md`);

async function readPull(folder: string, number: number): Promise<Pull> {
  const path = pathOf(folder, number);
  const written = await readWritten(path);
  if (!written)
    throw new UsageError(
      `there is no pull request ${path}`,
      "look which ones there are: they are files in that folder",
    );
  const page = readPage(written.text);
  const settings = Settings.safeParse(page.settings);
  if (settings.success) return { number, page, settings: settings.data, uid: written.uid };
  throw new UsageError(
    `${path} cannot be read: ${settings.error.issues[0]?.path.join(".")}: ${settings.error.issues[0]?.message}`,
    "mend the lines between its dashes; state is open, closed or merged",
  );
}

async function seen(folder: string, git: LocalGit, { number, page, settings }: Pull): Promise<PullRequest> {
  const { branch, base, commit, state, draft, created } = settings;
  const tip = (await git.branch(branch)) ?? commit;
  const merged = state === "merged" || (await git.contains(base, tip));
  return {
    number,
    url: pathOf(folder, number),
    state: merged ? "merged" : state,
    draft,
    own: branch.startsWith("claw/"),
    createdAt: Date.parse(created),
    branch,
    commit: tip,
    body: page.body,
  };
}

export const pullRequest = async (folder: string, git: LocalGit, number: number): Promise<PullRequest> =>
  seen(folder, git, await readPull(folder, number));

/** Newest first. */
export async function pullRequests(folder: string, git: LocalGit): Promise<PullRequest[]> {
  const numbers = await numbersIn(join(folder, "pulls"));
  return Promise.all(numbers.toReversed().map((number) => pullRequest(folder, git, number)));
}

/** Those whose text mentions an issue. */
export async function pullsAbout(folder: string, issue: number, people: People): Promise<readonly LinkedPull[]> {
  const numbers = await numbersIn(join(folder, "pulls"));
  const pulls = await Promise.all(numbers.map((number) => readPull(folder, number)));
  const about = pulls.filter(({ page }) => new RegExp(`#${issue}\\b`).test(page.body)).slice(-10);
  return Promise.all(
    about.map(async ({ number, page, settings, uid }) => ({
      number,
      title: page.title,
      author: await people.nameOf(uid),
      state: settings.state,
    })),
  );
}

/** Writes the page of a new one under the next number that neither an issue nor another one has. `at` in milliseconds. */
export async function createPull(
  folder: string,
  draft: Draft & { readonly commit: string },
  at: number,
): Promise<number> {
  const { branch, base, commit, title, body } = draft;
  const settings = {
    state: "open",
    draft: true,
    branch,
    base,
    commit,
    created: new Date(at).toISOString(),
    labels: [],
  };
  const taken = await Promise.all(["issues", "pulls"].map((kind) => numbersIn(join(folder, kind))));
  for (let number = Math.max(0, ...taken.flat()) + 1; ; number += 1) {
    if (await writeNew(pathOf(folder, number), writePage({ settings, title, body }))) return number;
  }
}

export async function labelPull(folder: string, number: number, labels: readonly string[]): Promise<void> {
  const { page, settings } = await readPull(folder, number);
  const all = [...new Set([...settings.labels, ...labels])];
  if (all.length === settings.labels.length) return;
  await writeOver(pathOf(folder, number), writePage({ ...page, settings: { ...page.settings, labels: all } }));
}
