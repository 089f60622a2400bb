import { lstat, readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError, WorkspaceError } from "../errors.ts";
import { isInside } from "./installed.ts";

/** Where a user's repository keeps its parts, found by reading files: git itself would obey the configuration it finds. */
export interface Layout {
  /** Top of the working tree. */
  readonly root: string;
  /** The git directory of this working tree: holds HEAD and the index. */
  readonly gitDir: string;
  /** The git directory shared by all linked worktrees: holds refs, configuration and objects. */
  readonly commonDir: string;
  /** The repository's own object store first, then every store it borrows from. */
  readonly objectDirs: readonly string[];
}

/** The layout of the repository that contains `path`. */
export async function findLayout(path: string): Promise<Layout> {
  const start = await realpath(path).catch((error: unknown) => {
    throw new WorkspaceError(`${path} does not exist`, "run claw inside a git repository", error);
  });
  for (let dir = start; ; dir = dirname(dir)) {
    const dotGit = join(dir, ".git");
    const kind = await kindOf(dotGit);
    if (kind !== "missing") return describe(dir, await gitDirBehind(dotGit, kind));
    if (await isGitDir(dir)) throw bare(dir);
    if (dirname(dir) === dir) break;
  }
  throw new WorkspaceError(
    `${start} is not in a git repository`,
    "change to one, or make one: git init && git add -A && git commit",
  );
}

/** Refuses when `home`, where claw keeps its own files, lies inside the repository that contains `cwd`. */
export async function refuseInside(home: string, cwd: string): Promise<void> {
  const root = await repositoryHolding(home, cwd);
  if (root === null) return;
  throw new UsageError(
    `${home}, where claw keeps its ledger, is inside the repository ${root}`,
    "set CLAW_HOME to a directory outside of it",
  );
}

/** The root of the repository around `cwd` when `path` lies in it or in its git directory; null otherwise. */
export async function repositoryHolding(path: string, cwd: string): Promise<string | null> {
  const { root, commonDir } = await findLayout(cwd);
  const place = await existingPart(path);
  return [root, commonDir].some((dir) => isInside(place, dir)) ? root : null;
}

/** The real path of the part of `path` that exists. */
const existingPart = (path: string): Promise<string> =>
  realpath(path).catch(() => (dirname(path) === path ? path : existingPart(dirname(path))));

/** A repository without working files: there is nothing to run tests in. */
export function bare(dir: string): WorkspaceError {
  return new WorkspaceError(`${dir} is a bare repository or a git directory`, "clone it, and run claw in the clone");
}

/** The layout of a bare repository; it has no working tree, so its root is itself. */
export async function describeBare(dir: string): Promise<Layout> {
  if (await isGitDir(dir)) return describe(dir, dir);
  throw new WorkspaceError(`${dir} is no bare repository`, "make one: git clone --bare <repository> <path>");
}

async function gitDirBehind(dotGit: string, kind: Kind): Promise<string> {
  if (kind === "directory") return dotGit;
  const target = kind === "file" && /^gitdir: (.+)$/m.exec(await readFile(dotGit, "utf8"))?.[1];
  if (!target)
    throw new WorkspaceError(
      `${dotGit} is neither a git directory nor a pointer to one`,
      "clone the repository afresh",
    );
  return realpath(resolve(dirname(dotGit), target)).catch((error: unknown) => {
    throw new WorkspaceError(`${dotGit} points to ${target}, which does not exist`, "try: git worktree repair", error);
  });
}

async function describe(root: string, gitDir: string): Promise<Layout> {
  if (/[\r\n]/.test(root + gitDir))
    throw new WorkspaceError(`the path ${JSON.stringify(root)} has a line break in it`, "rename that directory");
  const shared = await readFile(join(gitDir, "commondir"), "utf8").catch(() => ".");
  const commonDir = resolve(gitDir, shared.trim());
  if (!(await isGitDir(commonDir))) {
    throw new WorkspaceError(
      `${commonDir} is not a complete git directory`,
      "look with: git status; or clone the repository afresh",
    );
  }
  return { root, gitDir, commonDir, objectDirs: await borrowed(join(commonDir, "objects"), []) };
}

/** The store and all it borrows from. The sandbox will see them, so a planted path to anything else is refused. */
async function borrowed(store: string, found: string[]): Promise<string[]> {
  if (found.includes(store)) return found;
  if (!(await isObjectStore(store))) {
    throw new WorkspaceError(
      `${store} is not a plain git object store`,
      "clone the repository without alternates: git clone --dissociate",
    );
  }
  found.push(store);
  const alternates = await readFile(join(store, "info", "alternates"), "utf8").catch(() => "");
  for (const line of alternates.split("\n")) {
    if (line && !line.startsWith("#")) await borrowed(resolve(store, line), found);
  }
  return found;
}

async function isObjectStore(dir: string): Promise<boolean> {
  if (basename(dir) !== "objects" || dir.includes("\n") || (await kindOf(dir)) !== "directory") return false;
  const names = await readdir(dir);
  return names.every((name) =>
    /^([0-9a-f]{2}|pack|info|(tmp_|incoming-|bulk-|\.nfs).*|[\w-]+\.lock|\.DS_Store)$/.test(name),
  );
}

async function isGitDir(dir: string): Promise<boolean> {
  const [head, objects, refs] = await Promise.all([
    kindOf(join(dir, "HEAD")),
    kindOf(join(dir, "objects")),
    kindOf(join(dir, "refs")),
  ]);
  return head !== "missing" && objects === "directory" && refs === "directory";
}

type Kind = "missing" | "file" | "directory" | "other";

async function kindOf(path: string): Promise<Kind> {
  const stat = await lstat(path).catch(() => null);
  if (!stat) return "missing";
  if (stat.isDirectory()) return "directory";
  return stat.isFile() ? "file" : "other";
}
