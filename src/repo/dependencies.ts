import type { Dirent } from "node:fs";
import { lstat, mkdir, readdir, realpath, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { isInside } from "./installed.ts";
import { environmentMounts } from "./python-environment.ts";

/** Installed packages that a workspace may use: in the user's own tree, or where claw installed them. */
export interface DependencySource {
  /** Where they belong, relative to the repository: "node_modules", "packages/a/node_modules", ".venv". */
  readonly dir: string;
  /** Where they are on the host, absolute; may be or contain symbolic links. */
  readonly source: string;
}

/** A host directory shown read-only in the sandbox; the sandbox's own shape. */
export interface DependencyMount {
  readonly source: string;
  readonly target: string;
}

/** One node_modules directory with everything resolved. */
interface Packages extends DependencySource {
  readonly real: string;
  /** The tree it belongs to; links from it into this tree mean the same files of the workspace. */
  readonly root: string;
  /** Where the sandbox shows it. Same layout as the repository, so that looking upwards for a package finds the same ones. */
  readonly target: string;
}

/** Caches that tools keep among the packages: each workspace gets its own. */
const cache = /^\.(?:vite|vite-temp|cache|vitest.*)$/;

/** What a path is, links not followed; null when there is nothing. */
const what = async (path: string): Promise<"directory" | "other" | null> => {
  const info = await lstat(path).catch(() => null);
  return info === null ? null : info.isDirectory() ? "directory" : "other";
};

async function resolvePackages({ dir, source }: DependencySource): Promise<Packages[]> {
  const real = await realpath(source).catch(() => null);
  if (real === null) return [];
  const root = source.endsWith(`/${dir}`) ? source.slice(0, -dir.length - 1) : dirname(source);
  return [{ dir, source, real, root: await realpath(root), target: `/deps/${dir}` }];
}

/** Whether every directory on the way to `dir` is a real one: a commit may have planted a link there. */
async function reachable(workspace: string, dir: string): Promise<boolean> {
  const parts = dir.split("/").slice(0, -1);
  for (let count = 0; count <= parts.length; count++) {
    if ((await what(join(workspace, ...parts.slice(0, count)))) !== "directory") return false;
  }
  return true;
}

/** A farm made earlier has links to the mount; a directory out of the commit has none. */
async function isFarm(place: string): Promise<boolean> {
  return (await what(join(place, ".claw-farm"))) === "other";
}

/** What the link for one entry of a package directory must say; null when its target is out of reach. */
async function linkText(
  entry: Dirent,
  own: Packages,
  all: readonly Packages[],
  place: string,
  workspace: string,
): Promise<string | null> {
  const path = join(entry.parentPath, entry.name);
  const inMount = join(own.target, relative(own.real, path));
  if (!entry.isSymbolicLink()) return inMount;
  const real = await realpath(path).catch(() => null);
  if (real === null) return null;
  if (isInside(real, own.real)) return inMount;
  const other = all.find((each) => isInside(real, each.real));
  if (other) return join(other.target, relative(other.real, real));
  return isInside(real, own.root) ? relative(place, join(workspace, relative(own.root, real))) : null;
}

async function leavesPackages(scope: string, own: Packages): Promise<boolean> {
  for (const entry of await readdir(scope, { withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const real = await realpath(join(scope, entry.name)).catch(() => null);
    if (real === null || !isInside(real, own.real)) return true;
  }
  return false;
}

/** Fills a real directory of the workspace with links to the entries of a package directory. */
async function farm(
  from: string,
  place: string,
  own: Packages,
  all: readonly Packages[],
  workspace: string,
): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (cache.test(entry.name)) continue;
    const at = join(place, entry.name);
    if (entry.isDirectory() && entry.name.startsWith("@") && (await leavesPackages(join(from, entry.name), own))) {
      await mkdir(at).catch(ignoreExisting);
      if ((await what(at)) === "directory") await farm(join(from, entry.name), at, own, all, workspace);
      continue;
    }
    const text = await linkText(entry, own, all, place, workspace);
    if (text !== null) await symlink(text, at).catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
}

/** Puts one node_modules directory into a workspace; false when the commit brought its own, or has no place for it. */
async function place(own: Packages, all: readonly Packages[], workspace: string): Promise<boolean> {
  const at = join(workspace, own.dir);
  if (!(await reachable(workspace, own.dir))) return false;
  const existing = await what(at);
  if (existing === "other" || (existing === "directory" && !(await isFarm(at)))) return false;
  if (existing === null) {
    await mkdir(at);
    await symlink(own.target, join(at, ".claw-farm"));
  }
  await farm(own.real, at, own, all, workspace);
  return true;
}

/**
 * Makes installed packages usable in a workspace without copying them, and says what the sandbox must show for it.
 * `node_modules` becomes a real, writable directory of links into a read-only mount, so that caches in it stay private;
 * links between packages of one repository lead to the workspace's own files. A Python environment is mounted whole.
 * What the commit itself brought stays as it is. May be repeated on the same workspace, but not while it is in use.
 */
export async function linkDependencies(
  workspace: string,
  sources: readonly DependencySource[],
): Promise<DependencyMount[]> {
  const nodes = sources.filter((each) => basename(each.dir) === "node_modules");
  const all = (await Promise.all(nodes.map(resolvePackages))).flat();
  const mounts: DependencyMount[] = [];
  for (const own of all) {
    if (await place(own, all, workspace)) mounts.push({ source: own.real, target: own.target });
  }
  for (const each of sources.filter((source) => !nodes.includes(source))) {
    if ((await reachable(workspace, each.dir)) && !(await occupied(workspace, each.dir)))
      mounts.push(...(await environmentMounts(each)));
  }
  return mounts;
}

/** Has the commit put something where an environment would be mounted? An empty directory is the mount point of an earlier time. */
async function occupied(workspace: string, dir: string): Promise<boolean> {
  const at = join(workspace, dir);
  const existing = await what(at);
  return existing === "other" || (existing === "directory" && (await readdir(at)).length > 0);
}
