import { constants } from "node:fs";
import { link, lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UsageError } from "../../errors.ts";

/** A file that somebody wrote, and who: as the file system says, not as the text does. */
export interface Written {
  readonly path: string;
  readonly text: string;
  readonly uid: number;
  /** Anybody may change it: then it need not be its owner's word. */
  readonly loose: boolean;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/** More than this of a file nobody reads. */
const MAX_BYTES = 4 * 2 ** 20;

/** A file as it is; null when there is none. A link is none: it could lead to somebody else's words. */
export async function readWritten(path: string): Promise<Written | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ELOOP", "ENOTDIR"].includes(error.code ?? "")) return null;
      throw error;
    },
  );
  if (!handle) return null;
  try {
    const { size, uid, mode, mtimeMs } = await handle.stat();
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return null;
    if (size > MAX_BYTES) throw new UsageError(`${path} is larger than 4 MB`, "keep the part that tells what is wrong");
    return { path, text: await handle.readFile("utf8"), uid, loose: (mode & 0o002) !== 0, at: mtimeMs };
  } finally {
    await handle.close();
  }
}

/** The numbers of files called <number><ending> in a directory, in order; none when it is not there. */
export async function numbersIn(dir: string, ending = ".md"): Promise<readonly number[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .flatMap((name) => (/^\d{1,9}\./.test(name) && name.endsWith(ending) ? [Number.parseInt(name, 10)] : []))
    .sort((a, b) => a - b);
}

/** Writes a new file, whole or not at all; false when there is one of that name. */
export async function writeNew(path: string, text: string): Promise<boolean> {
  const draft = await writeDraft(path, text);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts another text into a file: a reader sees the old one or the new one. */
export async function writeOver(path: string, text: string): Promise<void> {
  await rename(await writeDraft(path, text), path);
}

async function writeDraft(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const draft = join(dirname(path), `.draft-${process.pid}`);
  await rm(draft, { force: true });
  const handle = await open(draft, "wx", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return draft;
}

/** Who owns a file or directory; null when there is none. */
export const ownerOf = (path: string): Promise<number | null> =>
  lstat(path).then(
    ({ uid }) => uid,
    () => null,
  );
