import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HostGit } from "./host-git.ts";
import { diffTrees } from "./diff.ts";
import { nulEnded, readBlob } from "./trees.ts";

/** What came of taking one tree's changes over into another that went its own way. */
export interface Merged {
  /** `ours` with the changes; files with conflicts hold both versions between git's marks. */
  readonly tree: string;
  /** Paths in which both changed the same lines. */
  readonly conflicts: readonly string[];
  /** Paths left as they are in `ours`: one deleted what the other changed, or it is no text. */
  readonly left: readonly string[];
}

interface Sides {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

/**
 * Merges file by file what changed from `base` to `theirs` into `ours`: a file that is as it was is taken over whole. `git`
 * must have a scratch index of its own; `scratch` is an existing directory of claw's.
 */
export async function mergeTrees(git: HostGit, sides: Sides, scratch: string): Promise<Merged> {
  const [changed, own] = await Promise.all([
    diffTrees(git, sides.base, sides.theirs),
    diffTrees(git, sides.base, sides.ours),
  ]);
  const touched = new Map(own.files.map((file) => [file.path, file]));
  await git.run(["read-tree", sides.ours]);
  const lines: string[] = [];
  const conflicts: string[] = [];
  const left: string[] = [];
  for (const { path, newMode, oldMode } of changed.files) {
    const theirs = newMode === "000000" ? null : await readBlob(git, sides.theirs, path);
    const mine = touched.get(path);
    if (!mine) {
      lines.push(theirs === null ? removal(path, sides.ours) : `${newMode} ${await store(git, theirs)}\t${name(path)}`);
      continue;
    }
    const ours = mine.newMode === "000000" ? null : await readBlob(git, sides.ours, path);
    if (ours !== null && theirs !== null && ours.equals(theirs)) continue;
    if (ours === null && theirs === null) continue;
    if (ours === null || theirs === null || !isText(ours) || !isText(theirs)) {
      left.push(path);
      continue;
    }
    const base = oldMode === "000000" ? Buffer.alloc(0) : ((await readBlob(git, sides.base, path)) ?? Buffer.alloc(0));
    const merged = await mergeTexts(git, { base, ours, theirs }, scratch);
    if (merged.conflicts) conflicts.push(path);
    lines.push(`${mine.newMode} ${await store(git, merged.text)}\t${name(path)}`);
  }
  if (lines.length > 0) await git.run(["update-index", "-z", "--index-info"], { stdin: nulEnded(lines) });
  return { tree: await git.line(["write-tree"]), conflicts, left };
}

const name = (path: string): string => Buffer.from(path, "utf8").toString("latin1");

const removal = (path: string, { length }: string): string => `0 ${"0".repeat(length)}\t${name(path)}`;

const store = async (git: HostGit, bytes: Buffer): Promise<string> =>
  (await git.run(["hash-object", "-w", "--stdin", "--no-filters"], { stdin: bytes })).stdout.toString("utf8").trim();

const isText = (bytes: Buffer): boolean => !bytes.subarray(0, 8000).includes(0);

/** Three versions of one text. git answers with the number of conflicts. */
async function mergeTexts(
  git: HostGit,
  texts: Readonly<Record<"base" | "ours" | "theirs", Buffer>>,
  scratch: string,
): Promise<{ readonly text: Buffer; readonly conflicts: boolean }> {
  const dir = await mkdtemp(join(scratch, "merge-"));
  try {
    const at = { ours: join(dir, "ours"), base: join(dir, "base"), theirs: join(dir, "theirs") };
    await Promise.all((["ours", "base", "theirs"] as const).map((side) => writeFile(at[side], texts[side])));
    const labels = ["-L", "your file", "-L", "before", "-L", "the session"];
    const answers = Array.from({ length: 128 }, (_, count) => count);
    const merged = await git.run(["merge-file", "-p", ...labels, at.ours, at.base, at.theirs], { answers });
    return { text: merged.stdout, conflicts: merged.code > 0 };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
