import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const absent = ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENXIO", "EACCES"];

/**
 * Opens a regular file below `root`; null when there is none. `path` is relative to `root`, without "." and "..".
 * Goes down one directory at a time from an open one, so that no link, not even one made meanwhile, is followed.
 */
export async function openBeneath(root: string, path: string): Promise<FileHandle | null> {
  const names = path.split("/");
  let at: FileHandle | undefined;
  try {
    at = await open(root, O_RDONLY | O_DIRECTORY);
    for (const [index, name] of names.entries()) {
      const kind = index < names.length - 1 ? O_DIRECTORY : O_NONBLOCK;
      const next = await open(`/proc/self/fd/${at.fd}/${name}`, O_RDONLY | O_NOFOLLOW | kind);
      await at.close();
      at = next;
    }
    if ((await at.stat()).isFile()) return at;
    await at.close();
    return null;
  } catch (error) {
    await at?.close();
    if (absent.includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

/** The first `maxBytes` bytes of an open file. */
export async function readStart(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const size = Math.min((await file.stat()).size, maxBytes);
  const buffer = Buffer.alloc(size);
  let read = 0;
  while (read < size) {
    const { bytesRead } = await file.read(buffer, read, size - read, read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
