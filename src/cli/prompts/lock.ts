import { lstat, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { App } from "../../app.ts";
import { UsageError } from "../../errors.ts";
import { everyPrompt, type PromptFile } from "../../agent/prompt.ts";
import { lockFile, type PromptLock, readLock, writeLock } from "../../policy/prompt-lock.ts";
import { openRepository, type Repository } from "../../repo/repository.ts";
import { nearest } from "../../text.ts";

/** The repository around the current directory. */
export const repositoryHere = ({ config }: App, cwd: string): Promise<Repository> =>
  openRepository(cwd, { searchPath: config.path, home: config.userHome });

/** claw.lock as runs from HEAD read it. */
export async function lockAtHead(repository: Repository): Promise<PromptLock> {
  return readLock((await repository.read(repository.head, lockFile))?.toString("utf8"));
}

/** claw.lock as it lies in the working tree; undefined when it is not there. */
export async function lockInTree({ root }: Repository): Promise<string | undefined> {
  const path = join(root, lockFile);
  const found = await lstat(path).catch(() => null);
  if (!found) return undefined;
  // A link would have somebody else's file read, and written.
  if (!found.isFile()) throw new UsageError(`${path} is no plain file`, "take it away");
  return readFile(path, "utf8");
}

export const storeLock = ({ root }: Repository, lock: PromptLock): Promise<void> =>
  writeFile(join(root, lockFile), writeLock(lock));

/** The prompt files with these names; all of them when none is named. */
export async function chosenPrompts(names: readonly string[]): Promise<readonly PromptFile[]> {
  const all = await everyPrompt();
  const known = all.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const meant = nearest(unknown, known);
    throw new UsageError(
      `there is no prompt ${JSON.stringify(unknown)}`,
      meant ? `did you mean ${meant}?` : `there are ${known.join(", ")}`,
    );
  }
  return all.filter(({ name }) => names.length === 0 || names.includes(name));
}
