import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { stripInvisible } from "../text.ts";
import type { CommandDesk } from "./command.ts";

/** What a person wants fixed, and where they wrote it. */
export interface Issue {
  /** A file name, "standard input", "the command line", or an address. */
  readonly source: string;
  readonly text: string;
}

const MAX_BYTES = 32 * 2 ** 20;
const EXAMPLES = 'claw fix ISSUE.md, or: claw fix 123, or: claw fix "what is wrong", or: cat issue.txt | claw fix -';

/** The issue that the arguments of `claw fix` name: a file, "-" for standard input, or the text itself. */
export async function readIssue(words: readonly string[], desk: Pick<CommandDesk, "cwd" | "stdin">): Promise<Issue> {
  const [word] = words;
  if (word === undefined) throw new UsageError("no issue was given", EXAMPLES);
  if (words.length > 1)
    throw new UsageError(
      "more than one issue was given",
      `put a text into quotes: claw fix "${words.join(" ").slice(0, 60)}"`,
    );
  if (word === "-") return readable("standard input", await limited(desk.stdin));
  const file = await readFileAt(resolve(desk.cwd, word), word);
  if (file) return readable(word, file);
  if (looksLikeFile(word))
    throw new UsageError(`there is no file ${word}`, `check the name; a text needs more than one word: ${EXAMPLES}`);
  return readable("the command line", Buffer.from(word));
}

/** One word with a slash or an ending, or a number: nobody describes a bug like that. */
const looksLikeFile = (word: string): boolean =>
  !/\s/.test(word) && (/[/\\]/.test(word) || /\.[a-z][a-z0-9]{0,8}$|^[#+-]?\d+$/i.test(word));

/** The bytes of a file, pipes included; null when there is none. */
async function readFileAt(path: string, shown: string): Promise<Buffer | null> {
  if (path.includes("\0") || shown === "") return null;
  try {
    const found = await stat(path);
    if (found.isDirectory())
      throw new UsageError(`${shown} is a directory`, "name the file in it that holds the issue");
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await readUpTo(handle, MAX_BYTES + 1);
      return tooLarge(buffer.subarray(0, bytesRead), shown);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    if (code === "EACCES" || code === "EPERM")
      throw new UsageError(`${shown} cannot be read`, "mend its permissions", error);
    throw error;
  }
}

type Handle = Awaited<ReturnType<typeof open>>;

async function readUpTo(handle: Handle, max: number): Promise<{ readonly buffer: Buffer; readonly bytesRead: number }> {
  const chunks: Buffer[] = [];
  let bytesRead = 0;
  while (bytesRead < max) {
    const chunk = await handle.read({ buffer: Buffer.alloc(Math.min(max - bytesRead, 2 ** 16)) });
    if (chunk.bytesRead === 0) break;
    chunks.push(chunk.buffer.subarray(0, chunk.bytesRead));
    bytesRead += chunk.bytesRead;
  }
  return { buffer: Buffer.concat(chunks), bytesRead };
}

const limited = async (stdin: () => Promise<Buffer>): Promise<Buffer> => tooLarge(await stdin(), "standard input");

function tooLarge(bytes: Buffer, shown: string): Buffer {
  if (bytes.length <= MAX_BYTES) return bytes;
  throw new UsageError(
    `${shown} is larger than 32 MB`,
    "an issue is a description: keep the part that tells what is wrong",
  );
}

/** Bytes as text, if they are text. */
function readable(source: string, bytes: Buffer): Issue {
  if (bytes.includes(0))
    throw new UsageError(`${source} is not text: it has zero bytes`, "give the issue as plain text in UTF-8");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new UsageError(
      `${source} is not UTF-8 text`,
      "convert it first, for example: iconv -f latin1 -t utf-8",
      error,
    );
  }
  if (stripInvisible(text).text.trim() === "") throw new UsageError(`${source} is empty`, EXAMPLES);
  return { source, text };
}
