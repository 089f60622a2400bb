import type { HostGit } from "./host-git.ts";

/** A file of a tree. `mode` as git writes it ("100644", "100755", "120000" a symlink, "160000" a submodule). */
export interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly oid: string;
  /** In bytes; null for a submodule. */
  readonly size: number | null;
}

/**
 * File names are bytes. Between git commands they travel as latin1 text, one character a byte, which loses nothing;
 * people and gates get UTF-8.
 */
export const nameToText = (name: string): string => Buffer.from(name, "latin1").toString("utf8");
/** The inverse of nameToText for names that are UTF-8. */
const textToName = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
/** Names as bytes, each ended by NUL, as git reads them with -z. */
export const nulEnded = (lines: readonly string[]): Buffer =>
  Buffer.from(lines.map((line) => `${line}\0`).join(""), "latin1");
/** Fields ended by NUL, as latin1 text. */
export const splitNul = (bytes: Buffer): string[] => bytes.toString("latin1").split("\0").slice(0, -1);

/** Every file of a tree or commit. */
export async function listTree(git: HostGit, tree: string): Promise<TreeEntry[]> {
  return (await rawTree(git, tree)).map((entry) => ({ ...entry, path: nameToText(entry.path) }));
}

async function rawTree(git: HostGit, tree: string): Promise<TreeEntry[]> {
  const { stdout } = await git.run(["ls-tree", "-r", "-l", "-z", "--full-tree", tree]);
  return splitNul(stdout).map((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", , oid = "", size = "-"] = line.slice(0, tab).split(/ +/);
    return { mode, oid, size: size === "-" ? null : Number(size), path: line.slice(tab + 1) };
  });
}

/** The bytes of a file in a tree (of a symlink: its target); null when there is no file of that name. */
export async function readBlob(git: HostGit, tree: string, path: string): Promise<Buffer | null> {
  // One process finds and reads it. What git then calls missing may also be there, but its contents in no store.
  const [content] = isPlain(path) ? (await blobs(git, [`${tree}:${path}`])).values() : [];
  if (content) return content;
  const { stdout } = await git.run(["ls-tree", "-z", "--full-tree", tree, "--", path]);
  const found = splitNul(stdout).find((line) => line.slice(line.indexOf("\t") + 1) === textToName(path));
  const [, kind, oid] = found?.slice(0, found.indexOf("\t")).split(" ") ?? [];
  return kind === "blob" && oid ? (await git.run(["cat-file", "blob", oid])).stdout : null;
}

/** Behind a colon git reads such a path as it is: as one from the root, on one line. */
const isPlain = (path: string): boolean => !/^\.{0,2}(?:\/|$)|\n/.test(path);

/** The same from a list of the tree's files at hand: no process where there is no such file. */
export async function readListed(git: HostGit, files: readonly TreeEntry[], path: string): Promise<Buffer | null> {
  const found = files.find((entry) => entry.path === path && entry.size !== null);
  return found ? (await git.run(["cat-file", "blob", found.oid])).stdout : null;
}

/** The contents of several blobs, by object id, from one process. */
export async function blobs(git: HostGit, oids: readonly string[]): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  if (oids.length === 0) return contents;
  const { stdout } = await git.run(["cat-file", "--batch"], { stdin: `${oids.join("\n")}\n` });
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(10, at);
    const [oid = "", kind, size] = stdout.toString("latin1", at, end).split(" ");
    at = end + 1;
    if (kind !== "blob") continue; // "missing": the line stands alone
    contents.set(oid, stdout.subarray(at, at + Number(size)));
    at += Number(size) + 1;
  }
  return contents;
}

/** Files of a tree whose contents are not in any store, as in a partial clone. */
export async function missingFiles(git: HostGit, tree: string): Promise<string[]> {
  const entries = (await listTree(git, tree)).filter((entry) => entry.mode !== "160000");
  const { stdout } = await git.run(["cat-file", "--batch-check=%(objectname)"], {
    stdin: entries.map((entry) => `${entry.oid}\n`).join(""),
  });
  const answers = stdout.toString("latin1").split("\n");
  return entries.flatMap((entry, index) => (answers[index] === entry.oid ? [] : [entry.path]));
}

/**
 * `baseTree` with the files or directories at `paths` as they are in `fromTree`, absent ones absent. `git` must have a
 * scratch index of its own.
 */
export async function overlayTree(
  git: HostGit,
  trees: { base: string; from: string },
  paths: readonly string[],
): Promise<string> {
  const chosen = paths.map((path) => textToName(path.replace(/\/+$/, "")));
  const names = new Set(chosen);
  const covers = (path: string): boolean => names.has(path) || chosen.some((name) => path.startsWith(`${name}/`));
  const [base, from] = await Promise.all([
    rawTree(git, trees.base),
    rawTree(git, trees.from),
    git.run(["read-tree", trees.base]),
  ]);
  const removed = base
    .filter((entry) => covers(entry.path))
    .map((entry) => `0 ${"0".repeat(entry.oid.length)}\t${entry.path}`);
  const added = from.filter((entry) => covers(entry.path)).map((entry) => `${entry.mode} ${entry.oid}\t${entry.path}`);
  await git.run(["update-index", "-z", "--index-info"], { stdin: nulEnded([...removed, ...added]) });
  return git.line(["write-tree"]);
}

/** `tree` with the plain files at `paths` empty, and no longer executable. `git` must have a scratch index of its own. */
export async function emptiedTree(git: HostGit, tree: string, paths: readonly string[]): Promise<string> {
  const names = new Set(paths.map(textToName));
  const [entries, empty] = await Promise.all([
    rawTree(git, tree),
    git.line(["hash-object", "-w", "--stdin"], { stdin: "" }),
    git.run(["read-tree", tree]),
  ]);
  const emptied = entries.filter(({ path, mode }) => names.has(path) && mode.startsWith("100"));
  const lines = emptied.map(({ path }) => `100644 ${empty}\t${path}`);
  await git.run(["update-index", "-z", "--index-info"], { stdin: nulEnded(lines) });
  return git.line(["write-tree"]);
}
