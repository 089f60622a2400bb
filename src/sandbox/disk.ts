import { lstat, opendir, statfs } from "node:fs/promises";
import { join } from "node:path";

/** The kernel's clock for files ticks more coarsely than the one we read. */
const TICK_MS = 20;

/** Free space, bytes, on the disk that holds `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/**
 * Bytes on disk in files below `directories` that were made or changed since `since` (milliseconds since the epoch).
 * Goes by the change time, which a command cannot set back. Ends early once past `enough`.
 */
export async function bytesWrittenSince(
  directories: readonly string[],
  since: number,
  enough: number,
): Promise<number> {
  let sum = 0;
  for (const directory of directories) {
    if (sum > enough) break;
    sum += await bytesBelow(directory, since - TICK_MS, enough - sum);
  }
  return sum;
}

async function bytesBelow(directory: string, since: number, enough: number): Promise<number> {
  let sum = 0;
  const entries = await opendir(directory).catch(() => null);
  if (!entries) return 0; // removed, or closed to us, meanwhile
  for await (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) sum += await bytesBelow(path, since, enough - sum);
    else if (entry.isFile()) {
      const found = await lstat(path).catch(() => null);
      if (found && found.ctimeMs >= since) sum += found.blocks * 512;
    }
    if (sum > enough) break;
  }
  return sum;
}
