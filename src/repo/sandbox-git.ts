import { copyFile, mkdir, mkdtemp, writeFile } from "node:fs/promises";
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

export interface SandboxGitOptions {
  readonly repository: Repository;
  /** The commit the run began from, and its tree. */
  readonly base: { readonly commit: string; readonly tree: string };
  /** A directory of claw's own: each call makes a new git directory in it. */
  readonly parent: string;
  readonly tree: string;
}

const author = { name: "claw", email: "claw@localhost" };

/**
 * A disposable git directory for the files in `at`, which hold `tree`. It has the base's history from the user's store,
 * copies of what claw added for this tree and nothing else of claw's, so other checkouts of the run stay out of sight.
 */
export async function makeSandboxGit(at: WorkingTree, options: SandboxGitOptions): Promise<SandboxGit> {
  const { repository, base, tree } = options;
  await mkdir(options.parent, { recursive: true });
  const dir = await mkdtemp(join(options.parent, "git-"));
  const outside = at.git();
  const head =
    tree === base.tree
      ? base.commit
      : await makeCommit(outside, { tree, parent: base.commit, message: "Work so far\n", author, at: 0 });
  await makeShadow(dir, {
    objectFormat: repository.objectFormat,
    alternates: repository.objectDirs.map((_, index) => `/run/git-objects/${index}`),
    head: "ref: refs/heads/claw\n",
    shallow: await shallowList(repository),
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
    head === base.commit
      ? undefined
      : packSince(outside, { head, base: base.commit, into: join(dir, "objects/pack/pack") }),
    copyIndex(at, tree, join(dir, "index")),
    writeFile(join(dir, "refs/heads/claw"), `${head}\n`),
  ]);
  return { dir, objects: repository.objectDirs };
}

/** Packs what `head` has beyond `base`. */
async function packSince(
  git: HostGit,
  { head, base, into }: { head: string; base: string; into: string },
): Promise<void> {
  await git.run(["pack-objects", "--revs", "-q", into], { stdin: `${head}\n^${base}\n` });
}

/** The copy brings what is known of the files, so the first status inside reads none of them. */
async function copyIndex(at: WorkingTree, tree: string, indexFile: string): Promise<void> {
  await copyFile(at.indexFile, indexFile).catch(() => undefined);
  await at.git(indexFile).run(["read-tree", "--reset", tree]);
}
