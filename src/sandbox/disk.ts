import { lstat, opendir, statfs } from "node:fs/promises";
import { join } from "node:path";

/** The kernel's clock for files ticks more coarsely than the one we read. */
const TICK_MS = 20;

/** What is left of a disk. */
export interface FreeSpace {
  readonly bytes: number;
  /** The share of files that can still be made, 0 to 1; 1 where the disk does not count them. */
  readonly files: number;
}

/** What is left of the disk that holds `path`. */
export async function freeSpace(path: string): Promise<FreeSpace> {
  const { bavail, bsize, files, ffree } = await statfs(path);
  return { bytes: bavail * bsize, files: files > 0 ? ffree / files : 1 };
}

/** Free space, bytes, on the disk that holds `path`. */
export const freeBytes = async (path: string): Promise<number> => (await freeSpace(path)).bytes;

/** Is a disk as good as full? Empty files fill one, too, and no limit on bytes sees them. */
export const isNearlyFull = ({ bytes, files }: FreeSpace, floorBytes: number): boolean =>
  bytes < floorBytes || (floorBytes > 0 && files < LEAST_FILES);

/** One file in fifty. */
const LEAST_FILES = 0.02;

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
