import { closeSync, lstatSync, mkdirSync, openSync, rmdirSync, type Stats, unlinkSync } from "node:fs";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";

/** A place in the workspace that something is mounted over. */
export interface MountPoint {
  /** Relative to the workspace, without "." or "..". */
  readonly path: string;
  readonly kind: "file" | "directory";
}

/** What to do when a symbolic link stands where a mount has to go: links lead anywhere on the host, so none is followed. */
export type OnLink = "refuse" | "replace";

const look = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** Makes the places to mount over exist, and returns the paths that had to be made, parents first. */
export function reserveMountPoints(workspace: string, points: readonly MountPoint[], onLink: OnLink): string[] {
  return points.flatMap(({ path, kind }) => {
    const names = path.split("/");
    return names.flatMap((_, index) => {
      const part = names.slice(0, index + 1).join("/");
      const wanted = index === names.length - 1 ? kind : "directory";
      return reserve(join(workspace, part), wanted, onLink) ? [join(workspace, part)] : [];
    });
  });
}

/** Returns whether it had to be made. */
function reserve(path: string, kind: MountPoint["kind"], onLink: OnLink): boolean {
  let found = look(path);
  const fits = kind === "directory" ? found?.isDirectory() : found?.isFile();
  if (fits) return false;
  if (found && !found.isDirectory() && onLink === "replace") {
    unlinkSync(path);
    found = undefined;
  }
  if (found) {
    const what = found.isSymbolicLink() ? "a symbolic link" : found.isDirectory() ? "a directory" : "a file";
    throw new WorkspaceError(
      `${path} is ${what}, and the sandbox has to mount a ${kind} there`,
      "move it out of the way",
    );
  }
  if (kind === "directory") mkdirSync(path);
  else closeSync(openSync(path, "wx"));
  return true;
}

/** Which files and directories stand there now, those on the way to them included. */
export function mountPointState(workspace: string, points: readonly MountPoint[]): string {
  const parts = points.flatMap(({ path }) => {
    const names = path.split("/");
    return names.map((_, index) => look(join(workspace, ...names.slice(0, index + 1)))?.ino ?? 0);
  });
  return parts.join(" ");
}

/** Takes away what was made, last first, unless something has been put into it. */
export function releaseMountPoints(made: readonly string[]): void {
  for (const path of made.toReversed()) {
    const found = look(path);
    try {
      if (found?.isDirectory()) rmdirSync(path);
      else if (found?.isFile() && found.size === 0) unlinkSync(path);
    } catch {
      // not empty: it is the command's now
    }
  }
}
