import { copyFile, mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostGit } from "./host-git.ts";
import { makeCommit } from "./publish.ts";
import type { Repository } from "./repository.ts";
import { makeShadow, shallowList } from "./shadow.ts";
import type { WorkingTree } from "./working-tree.ts";

/** What a sandbox needs for git to work inside: a directory for /workspace/.git and the stores for /run/git-objects/0, 1, … */
export interface SandboxGit {
  readonly dir: string;
  readonly objects: readonly string[];
}

/** What claw added to the base for a tree: one commit on top of it, and a directory with the pack of what is new. */
export interface Work {
  readonly commit: string;
  readonly packs: string;
}

/** What HEAD names inside, and where it comes from. */
export interface SandboxHead {
  /** The run's base, or work on top of it, or a commit of its own. */
  readonly head: string;
  /** Does it borrow the user's store, with the base's history? */
  readonly borrows: boolean;
  /** Directory with packs of what the head has beyond that store; null when it has nothing. */
  readonly packs: string | null;
  /** The tree of the head; null when the private index of the working directory holds just that. */
  readonly readTree: string | null;
}

export interface SandboxGitOptions extends SandboxHead {
  readonly repository: Repository;
  /** A directory of claw's own: each call makes a new git directory in it. */
  readonly parent: string;
}

const author = { name: "claw", email: "claw@localhost" };

/** Commits `tree` on top of the base and packs what that adds, below `into`. The same tree gives the same files. */
export async function packWork(
  git: HostGit,
  { tree, base, into }: { tree: string; base: string; into: string },
): Promise<Work> {
  const commit = await makeCommit(git, { tree, parent: base, message: "Work so far\n", author, at: 0 });
  const packs = join(into, commit);
  await mkdir(packs, { recursive: true, mode: 0o700 });
  await git.run(["pack-objects", "--revs", "-q", join(packs, "pack")], { stdin: `${commit}\n^${base}\n` });
  return { commit, packs };
}

/**
 * One commit without a past, and a pack of all that is in it: for a tree with hidden files, which the user's store and the
 * base's history would show.
 */
export async function packAlone(git: HostGit, { tree, into }: { tree: string; into: string }): Promise<Work> {
  const message = "Work so far, with hidden files empty\n";
  const commit = await git.line(["commit-tree", tree, "-F", "-"], {
    stdin: message,
    identity: { ...author, at: 0 },
  });
  const packs = join(into, commit);
  await mkdir(packs, { recursive: true, mode: 0o700 });
  await git.run(["pack-objects", "--revs", "-q", join(packs, "pack")], { stdin: `${commit}\n` });
  return { commit, packs };
}

/**
 * A disposable git directory for the files in `at`. It has the user's store, whole, for the base's history, unless it
 * borrows nothing; copies of what claw added for this tree; and nothing else of claw's, so other checkouts of the run stay
 * out of sight.
 */
export async function makeSandboxGit(at: WorkingTree, options: SandboxGitOptions): Promise<SandboxGit> {
  const { repository, head, packs, readTree } = options;
  const stores = options.borrows ? repository.objectDirs : [];
  await mkdir(options.parent, { recursive: true });
  const dir = await mkdtemp(join(options.parent, "git-"));
  await makeShadow(dir, {
    objectFormat: repository.objectFormat,
    alternates: stores.map((_, index) => `/run/git-objects/${index}`),
    head: "ref: refs/heads/claw\n",
    shallow: options.borrows ? await shallowList(repository) : null,
    settings: {
      "core.bare": "false",
      "core.logallrefupdates": "true",
      "user.name": author.name,
      "user.email": author.email,
      "commit.gpgsign": "false",
      "gc.auto": "0",
      "maintenance.auto": "false",
    },
  });
  await Promise.all([
    packs === null ? undefined : copyFiles(packs, join(dir, "objects/pack")),
    copyIndex(at, readTree, join(dir, "index")),
    writeFile(join(dir, "refs/heads/claw"), `${head}\n`),
  ]);
  return { dir, objects: stores };
}

/** Copies, not links: the files in a sandbox belong to its commands. */
async function copyFiles(from: string, to: string): Promise<void> {
  await Promise.all((await readdir(from)).map((name) => copyFile(join(from, name), join(to, name))));
}

/** The copy brings what is known of the files, so the first status inside reads none of them. */
async function copyIndex(at: WorkingTree, tree: string | null, indexFile: string): Promise<void> {
  if (tree === null) return copyFile(at.indexFile, indexFile);
  await copyFile(at.indexFile, indexFile).catch(() => undefined);
  await at.git(indexFile).run(["read-tree", "--reset", tree]);
}
