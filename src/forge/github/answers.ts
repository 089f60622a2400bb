import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** An answer that a forge gave with an ETag: asked again, it need only say that nothing has changed, which is free. */
export interface KnownAnswer {
  readonly etag: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

/** Answers by question. Disposable: nothing is lost with one but a request. */
export interface Answers {
  get(key: string): Promise<KnownAnswer | undefined>;
  put(key: string, answer: KnownAnswer): Promise<void>;
}

/** Answers that are kept, and the most they may take together: what is asked for again and again is a page of a list. */
const KEPT = 300;
const MAX_BYTES = 24 * 2 ** 20;
const MAX_AGE_MS = 7 * 86_400_000;

/** What says how to read the body; the rest comes anew with "nothing has changed". */
const LASTING = new Set(["content-type", "link"]);

/** For one question with one credential in one form: another credential may see something else. */
export const answerKey = (url: string, headers: Headers): string =>
  createHash("sha256")
    .update(JSON.stringify([headers.get("authorization"), headers.get("accept"), url]))
    .digest("hex");

/** As it is kept. */
export const knownAnswer = (answer: Response, etag: string, body: Buffer): KnownAnswer => ({
  etag,
  status: answer.status,
  headers: [...answer.headers].filter(([name]) => LASTING.has(name)),
  body,
});

/** Answers for as long as the process lives. */
export function answersInMemory(): Answers {
  const kept = new Map<string, KnownAnswer>();
  return {
    get: (key) => Promise.resolve(kept.get(key)),
    put(key, answer) {
      kept.delete(key);
      kept.set(key, answer);
      for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT))) kept.delete(oldest);
      return Promise.resolve();
    },
  };
}

export interface FolderOptions {
  /** Made when the first answer is kept, for its owner alone. */
  readonly folder: string;
  /** False for a text that must not lie in a file: one that holds a secret. */
  readonly mayKeep: (text: string) => boolean;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
}

const Head = z.object({ etag: z.string(), status: z.int(), headers: z.array(z.tuple([z.string(), z.string()])) });

/**
 * Answers in files that outlive the process: one each, named by the hash of question and credential, neither of which is in
 * it. The newest are kept, for a week; what cannot be read or written counts as not there.
 */
export function answersIn({ folder, mayKeep, now }: FolderOptions): Answers {
  const near = answersInMemory();
  return {
    get: async (key) => (await near.get(key)) ?? read(join(folder, key), now() - MAX_AGE_MS),
    async put(key, answer) {
      await near.put(key, answer);
      const { body, ...head } = answer;
      if (!mayKeep(body.toString("utf8"))) return;
      await write(folder, key, Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body])).catch(() => undefined);
      await prune(folder, now() - MAX_AGE_MS).catch(() => undefined);
    },
  };
}

async function read(path: string, oldest: number): Promise<KnownAnswer | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      if ((await handle.stat()).mtimeMs < oldest) return undefined;
      const bytes = await handle.readFile();
      const end = bytes.indexOf("\n");
      const head = Head.parse(JSON.parse(bytes.subarray(0, end).toString("utf8")));
      return { ...head, body: bytes.subarray(end + 1) };
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

/** Whole or not at all: a reader sees the old one or the new one. */
async function write(folder: string, key: string, bytes: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `${key}.${process.pid}`);
  const handle = await open(draft, "w", 0o600);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
  await rename(draft, join(folder, key));
}

async function prune(folder: string, oldest: number): Promise<void> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return { path: join(folder, name), size, mtimeMs };
    }),
  );
  let [count, bytes] = [0, 0];
  for (const { path, size, mtimeMs } of files.toSorted((a, b) => b.mtimeMs - a.mtimeMs)) {
    count += 1;
    bytes += size;
    if (count > KEPT || bytes > MAX_BYTES || mtimeMs < oldest) await rm(path, { force: true });
  }
}
