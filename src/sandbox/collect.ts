import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { normalize } from "node:path";
import { UsageError } from "../errors.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * The first `maxBytes` bytes of a regular file below /tmp of a sandbox, whose /tmp is `tmp` on the host; null when there is none.
 * Goes down one directory at a time from an open one, so that no link, not even one made meanwhile, is followed.
 */
export async function collectFile(tmp: string, path: string, maxBytes: number): Promise<Buffer | null> {
  if (!path.startsWith("/tmp/") || normalize(path) !== path) {
    throw new UsageError(`${path} cannot be collected: only files below /tmp can`, "let the command write it to /tmp");
  }
  const names = path.slice("/tmp/".length).split("/");
  let at: FileHandle | undefined;
  try {
    at = await open(tmp, O_RDONLY | O_DIRECTORY);
    for (const [index, name] of names.entries()) {
      const kind = index < names.length - 1 ? O_DIRECTORY : O_NONBLOCK;
      const next = await open(`/proc/self/fd/${at.fd}/${name}`, O_RDONLY | O_NOFOLLOW | kind);
      await at.close();
      at = next;
    }
    if (!(await at.stat()).isFile()) return null;
    return await readStart(at, maxBytes);
  } catch (error) {
    if (
      ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENXIO", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")
    )
      return null;
    throw error;
  } finally {
    await at?.close();
  }
}

async function readStart(file: FileHandle, maxBytes: number): Promise<Buffer> {
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
