import { createHash } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InfrastructureError } from "../errors.ts";
import { GitFailed, type HostGit } from "./host-git.ts";
import { isModulesName, isReservedName, placeholder, refusedSuffix, unreadableSuffix } from "./refusals.ts";
import { nameToText, nulEnded, splitNul } from "./trees.ts";

/** A change with so many files that cannot be read is refused whatever the others hold. */
const MAX_UNREADABLE = 8;

/** What git says when it is not the file that is to blame. */
const machineTrouble =
  /No space left|quota exceeded|Input\/output error|Read-only file system|insert into database|unable to (?:create|write)|out of memory/i;

/** A working directory, and the private index that remembers what is in it, so that unchanged files are not read again. */
export interface WorkingTree {
  readonly dir: string;
  readonly indexFile: string;
  /** Length of an object id in this repository. */
  readonly idLength: number;
  git(indexFile?: string): HostGit;
}

/** The private index of a working directory. */
export function indexFileFor(indexDir: string, dir: string): string {
  return join(indexDir, createHash("sha256").update(resolve(dir)).digest("hex").slice(0, 24));
}

/** Fresh files of `tree`, and an empty .git that the sandbox mounts its own over. The directory must be new or empty. */
export async function checkoutTree(at: WorkingTree, tree: string): Promise<void> {
  await mkdir(at.dir, { recursive: true });
  if ((await readdir(at.dir)).length > 0) {
    throw new InfrastructureError(
      `${at.dir} is not empty, so nothing is checked out there`,
      `remove it and resume: rm -r ${at.dir}`,
    );
  }
  await rm(at.indexFile, { force: true });
  await mkdir(join(at.dir, ".git"));
  await at.git().run(["read-tree", "--reset", "-u", tree]);
}

/**
 * Changes a directory that holds `fromTree` to `toTree`: only files that differ are touched, ignored ones stay. `fromTree`
 * is null when the index holds it already.
 */
export async function updateTree(at: WorkingTree, fromTree: string | null, toTree: string): Promise<void> {
  if (fromTree !== null) await at.git().run(["read-tree", "--reset", fromTree]);
  await at.git().run(["read-tree", "--reset", "-u", toTree]);
}

/** A tree, and does the private index hold just that? Not when something was refused. */
interface Snapshot {
  readonly tree: string;
  readonly indexed: boolean;
}

/**
 * The tree of a directory as it is: new files included, ignored ones not, links and nested repositories never entered.
 * `held` is what the index holds, null when that is not known.
 */
export async function snapshotTree(at: WorkingTree, held: string | null): Promise<Snapshot> {
  const { write, remove, refuse: refused } = await changesIn(at);
  if (held !== null && write.length + remove.length + refused.size === 0) return { tree: held, indexed: true };
  const zero = "0".repeat(at.idLength);
  const git = at.git();
  if (remove.length > 0)
    await feed(
      git,
      ["--index-info"],
      remove.map((name) => `0 ${zero}\t${name}`),
    );
  const unreadable = await writeFiles(git, write);
  const refuse = [...refused, ...unreadable.map((name) => name + unreadableSuffix)];
  if (refuse.length === 0) return { tree: await git.line(["write-tree"]), indexed: true };

  // Marked in a copy only: what is refused now may be gone in the next snapshot.
  const marked = `${at.indexFile}.refused`;
  await copyFile(at.indexFile, marked).catch(() => undefined);
  try {
    const stand = placeholder(at.idLength);
    await feed(
      at.git(marked),
      ["--index-info"],
      refuse.map((name) => `160000 ${stand}\t${name}`),
    );
    return { tree: await at.git(marked).line(["write-tree"]), indexed: false };
  } finally {
    await rm(marked, { force: true });
  }
}

/** Takes files in, and returns the first few of those that cannot be: one alone would keep git from taking any. */
async function writeFiles(git: HostGit, names: readonly string[], found: readonly string[] = []): Promise<string[]> {
  if (names.length === 0 || found.length >= MAX_UNREADABLE) return [...found];
  try {
    await feed(git, ["--add", "--replace", "--stdin"], names);
    return [...found];
  } catch (error) {
    if (!(error instanceof GitFailed) || machineTrouble.test(error.stderr)) throw error;
    if (names.length === 1) return [...found, ...names];
    const half = Math.ceil(names.length / 2);
    return writeFiles(git, names.slice(half), await writeFiles(git, names.slice(0, half), found));
  }
}

async function feed(git: HostGit, how: readonly string[], lines: readonly string[]): Promise<void> {
  await git.run(["update-index", "-z", ...how], { stdin: nulEnded(lines) });
}

interface Changes {
  readonly write: readonly string[];
  readonly remove: readonly string[];
  readonly refuse: ReadonlySet<string>;
}

async function changesIn(at: WorkingTree): Promise<Changes> {
  const git = at.git();
  const [tracked, untracked] = await Promise.all([
    git.run(["diff-files", "-z", "--name-status", "--no-renames", "--no-ext-diff", "--ignore-submodules=all"]),
    git.run(["ls-files", "-z", "--others", "--exclude-standard"]),
  ]);
  const changed = splitNul(tracked.stdout).filter((_, index) => index % 2 === 1);
  const kinds = await Promise.all(changed.map((name) => kindOf(at.dir, name)));
  const remove = changed.filter((_, index) => kinds[index] === "other");
  const present = changed.filter((_, index) => kinds[index] !== "other");
  const write: string[] = [];
  const refuse = new Set<string>();
  for (const name of [...present, ...splitNul(untracked.stdout)]) {
    const reserved = reservedPart(name);
    if (reserved !== null) refuse.add(reserved);
    else if (name.endsWith("/")) refuse.add(name.slice(0, -1));
    else if (await isLinkCalledModules(at.dir, name)) refuse.add(name + refusedSuffix);
    else write.push(name);
  }
  return { write, remove, refuse };
}

/** A device or pipe in place of a file counts as its deletion, as does a file below a directory that became a link. */
async function kindOf(dir: string, name: string): Promise<"file" | "link" | "other"> {
  const steps = name.split("/");
  for (let depth = 1; depth <= steps.length; depth++) {
    const stat = await lstat(bytes(dir, steps.slice(0, depth).join("/"))).catch(() => null);
    if (depth < steps.length && !stat?.isDirectory()) return "other";
    if (depth === steps.length && stat) return stat.isFile() ? "file" : stat.isSymbolicLink() ? "link" : "other";
  }
  return "other";
}

async function isLinkCalledModules(dir: string, name: string): Promise<boolean> {
  const last = name.slice(name.lastIndexOf("/") + 1);
  return isModulesName(nameToText(last)) && (await kindOf(dir, name)) === "link";
}

function reservedPart(name: string): string | null {
  const steps = name.split("/");
  const at = steps.findIndex((step) => isReservedName(nameToText(step)));
  return at < 0 ? null : steps.slice(0, at + 1).join("/") + refusedSuffix;
}

const bytes = (dir: string, name: string): Buffer =>
  Buffer.concat([Buffer.from(`${dir}/`), Buffer.from(name, "latin1")]);
