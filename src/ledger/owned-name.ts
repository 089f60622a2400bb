import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isGone, thisProcess } from "./owner.ts";

/** The beginning of a name that says which process a file or directory belongs to; something unique is to follow. */
export const ownedName = (prefix: string): string => {
  const [host = "", pid, started] = thisProcess().split(" ");
  return `${prefix}${pid}.${started}.${host.replaceAll("/", "_")}.`;
};

/** What processes of this host that are no more have left in a directory, by the names that ownedName gave it: full paths. */
export async function orphans(dir: string, prefix: string): Promise<readonly string[]> {
  const names = await readdir(dir).catch(() => []);
  const left = names.filter((name) => {
    if (!name.startsWith(prefix)) return false;
    const [, pid, started, host] = /^(\d+)\.(\d+)\.(.+)\.[^.]+$/.exec(name.slice(prefix.length)) ?? [];
    return host !== undefined && isGone(`${host} ${pid} ${started}`);
  });
  const own = await Promise.all(
    left.map(async (name) => {
      const found = await lstat(join(dir, name)).catch(() => null);
      // In a directory that others may write to, too, a name says nothing.
      return found?.uid === process.getuid?.() ? [join(dir, name)] : [];
    }),
  );
  return own.flat();
}
