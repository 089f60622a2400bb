import { cpSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isInside, WORKSPACE } from "../check-policy.ts";
import type { Mount, SandboxPolicy } from "../sandbox.ts";

/** What mounts would show in a workspace, put there for as long as a sandbox without mounts is open. */
export interface Placed {
  /** Links to what belongs into the workspace; they stand there only while commands run. */
  link(): void;
  unlink(): void;
  /** Puts everything back as it would be with mounts. */
  end(): void;
}

/** Puts the disposable git directory into the workspace, and leads links of packages to where those are on the host. */
export function placeInWorkspace({ workspace, git, mounts }: SandboxPolicy): Placed {
  const own = join(workspace, ".git");
  if (git) {
    rmSync(own, { recursive: true, force: true });
    move(git.dir, own);
    writeFileSync(join(own, "objects/info/alternates"), git.objects.map((path) => `${path}\n`).join(""));
  }
  const packages = mounts.filter(({ target }) => !isInside(target, WORKSPACE));
  relink(workspace, packages, ({ source, target }) => [target, source]);
  const inner = mounts.filter(({ source, target }) => isInside(target, WORKSPACE) && !isInside(source, workspace));
  const links = inner.map(({ source, target }) => ({ at: join(workspace, relative(WORKSPACE, target)), source }));
  let users = 0;
  const unlink = (): void => {
    users -= 1;
    if (users > 0) return;
    for (const { at } of links) if (what(at)?.isSymbolicLink()) unlinkSync(at);
  };
  return {
    link() {
      users += 1;
      for (const { at, source } of links) placeLink(at, source);
    },
    unlink,
    end() {
      relink(workspace, packages, ({ source, target }) => [source, target]);
      if (!git) return;
      rmSync(own, { recursive: true, force: true });
      mkdirSync(own);
    },
  };
}

const what = (path: string) => lstatSync(path, { throwIfNoEntry: false });

/** In place of nothing, or of an empty directory that a mount has left. */
function placeLink(at: string, source: string): void {
  const found = what(at);
  if (found?.isDirectory() && readdirSync(at).length === 0) rmdirSync(at);
  if (!what(at)) symlinkSync(source, at);
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

/** Changes the beginning of the links in the workspace's directories of packages, which are links into a mount. */
function relink(
  workspace: string,
  mounts: readonly Mount[],
  direction: (mount: Mount) => readonly [from: string, to: string],
): void {
  const pairs = mounts.map(direction);
  for (const { target } of mounts) {
    const at = /^\/deps\/(.+)$/.exec(target)?.[1];
    if (at !== undefined) relinkIn(join(workspace, at), pairs);
  }
}

function relinkIn(directory: string, pairs: readonly (readonly [from: string, to: string])[]): void {
  if (!what(directory)?.isDirectory()) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name.startsWith("@")) relinkIn(path, pairs);
    if (!entry.isSymbolicLink()) continue;
    const text = readlinkSync(path);
    const pair = pairs.find(([from]) => isInside(text, from));
    if (!pair) continue;
    unlinkSync(path);
    symlinkSync(pair[1] + text.slice(pair[0].length), path);
  }
}
