import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isGone, thisProcess } from "./owner.ts";

/** The beginning of a name that says which process a file or directory belongs to; something unique is to follow. */
export const ownedName = (prefix: string): string => {
  const [host = "", pid, started] = thisProcess().split(" ");
  // Its name is enough: nobody else has these directories.
  const [name = ""] = host.split("#");
  return `${prefix}${pid}.${started}.${name.replaceAll("/", "_")}.`;
};

/** What processes of this host that are no more have left in a directory, by the names that ownedName gave it: full paths. */
export async function orphans(dir: string, prefix: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => []);
  const left = names.filter((name) => {
    if (!name.startsWith(prefix)) return false;
    const [, pid, started, host] = /^(\d+)\.(\d+)\.(.+)\.[^.]+$/.exec(name.slice(prefix.length)) ?? [];
    return host !== undefined && isGone(`${host} ${pid} ${started}`);
  });
  const paths = left.map((name) => join(dir, name));
  // Elsewhere others may write, too, and a name says nothing. In our own, what was lent to the user of commands counts as well.
  if (paths.length === 0 || (await isOnlyOurs(dir))) return paths;
  const own = await Promise.all(paths.map(async (path) => ((await isOurs(path)) ? [path] : [])));
  return own.flat();
}

const isOurs = async (path: string): Promise<boolean> => {
  const found = await lstat(path).catch(() => null);
  return found?.uid === process.getuid?.();
};

/** Nobody else can put anything there. */
const isOnlyOurs = async (dir: string): Promise<boolean> => {
  const found = await lstat(dir).catch(() => null);
  return found?.uid === process.getuid?.() && found !== null && (found.mode & 0o022) === 0;
};
