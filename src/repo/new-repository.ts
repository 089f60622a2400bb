import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { hostGit } from "./host-git.ts";

/** A commit's words and maker. `at` in milliseconds since the epoch. */
export interface FirstCommit {
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
  readonly at: number;
  /** Where to look for git, as in PATH. */
  readonly searchPath: string;
}

/** Makes a directory of files a git repository on branch main, with everything in it as its first commit. Gives the commit's id. */
export async function newRepository(dir: string, { message, author, at, searchPath }: FirstCommit): Promise<string> {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const names = files.map((entry) => relative(dir, join(entry.parentPath, entry.name))).toSorted();
  const gitDir = join(dir, ".git");
  for (const part of ["objects", "refs/heads", "refs/tags", "info"])
    await mkdir(join(gitDir, part), { recursive: true });
  await writeFile(join(gitDir, "HEAD"), "ref: refs/heads/main\n");
  await writeFile(join(gitDir, "config"), "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n");
  const git = hostGit({ gitDir, workTree: dir, searchPath });
  await git.run(["update-index", "--add", "-z", "--stdin"], { stdin: names.map((name) => `${name}\0`).join("") });
  const tree = await git.line(["write-tree"]);
  const commit = await git.line(["commit-tree", tree, "-F", "-"], { stdin: message, identity: { ...author, at } });
  await git.run(["update-ref", "refs/heads/main", commit]);
  return commit;
}
