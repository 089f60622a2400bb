import { lstat, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import { type Diff, diffTrees } from "./diff.ts";
import { type HostGit, hostGit } from "./host-git.ts";
import { type CommitSpec, makeCommit, publishBranch } from "./publish.ts";
import { type Merged, mergeTrees } from "./merge-trees.ts";
import { remembering } from "./remember.ts";
import type { Repository } from "./repository.ts";
import { makeSandboxGit, packAlone, packWork, type SandboxGit, type SandboxHead } from "./sandbox-git.ts";
import { makeShadow, shallowList } from "./shadow.ts";
import { emptiedTree, listTree, missingFiles, overlayTree, readBlob, readListed, type TreeEntry } from "./trees.ts";
import { indexFileFor, type WorkingTree } from "./working-tree.ts";
import { type WorkingTrees, workingTrees } from "./working-trees.ts";

/**
 * A run's private clone: claw's own git directory, borrowing the user's objects and adding its own. Trees and commits are
 * full object ids; paths inside trees are UTF-8 from the root. One call at a time per working directory.
 */
export interface Clone {
  /** Directory of claw's own that holds all of it. */
  readonly dir: string;
  /** The commit the run began from, and its tree. */
  readonly base: { readonly commit: string; readonly tree: string };
  /** Writes fresh files of `tree` into a new or empty directory, with an empty .git for the sandbox to mount over. */
  checkout(tree: string, into: string): Promise<void>;
  /** Gives a working directory another name, and what is remembered of it too: without that, ignored files in it would count as deleted. */
  move(from: string, to: string): Promise<void>;
  /** Changes a directory that holds `fromTree` to `toTree`, touching only files that differ. */
  update(dir: string, fromTree: string, toTree: string): Promise<void>;
  /** The tree of a directory as it is now: new files included, ignored ones not. */
  snapshot(dir: string): Promise<string>;
  diff(fromTree: string, toTree: string): Promise<Diff>;
  /** A commit of `tree` on top of `parent`, and a pack of what it has beyond `parent`. The same trees give the same bytes. */
  pack(tree: string, parent: string): Promise<{ readonly commit: string; readonly pack: Buffer }>;
  /** A pack of what a commit has beyond another. */
  packOf(commit: string, beyond: string): Promise<Buffer>;
  /** Takes in what a pack holds. */
  unpack(pack: Uint8Array): Promise<void>;
  /** Does it have this tree or commit? */
  has(id: string): Promise<boolean>;
  /** The parents of a commit. */
  parents(commit: string): Promise<readonly string[]>;
  /** `baseTree` with the files or directories at `paths` as they are in `fromTree`; absent there is absent in the result. */
  overlay(baseTree: string, fromTree: string, paths: readonly string[]): Promise<string>;
  /** What changed from `base` to `theirs`, merged file by file into `ours`. */
  merge(sides: { readonly base: string; readonly ours: string; readonly theirs: string }): Promise<Merged>;
  /** The bytes of a file (of a symlink: its target); null when there is none. */
  read(tree: string, path: string): Promise<Buffer | null>;
  list(tree: string): Promise<readonly TreeEntry[]>;
  /** The id of a new commit; the same spec gives the same id. Refuses a message that signs off. */
  commit(spec: CommitSpec): Promise<string>;
  /** Makes branch `claw/…` at `commit` in the user's repository. Never moves a branch; doing it twice does no harm. */
  publish(commit: string, branch: string): Promise<void>;
  /**
   * A new disposable git directory for the sandbox, for a working directory that holds `tree`. With files to hide it knows
   * one commit alone, in which they are empty.
   */
  sandboxGit(dir: string, tree: string, hidden?: readonly string[]): Promise<SandboxGit>;
}

/** Makes a private clone of `repository` at the full commit id `commit`, below `dir`, an absolute path of claw's own. */
export async function createClone(repository: Repository, commit: string, dir: string): Promise<Clone> {
  await makeShadow(join(dir, "git"), {
    objectFormat: repository.objectFormat,
    alternates: repository.objectDirs,
    shallow: await shallowList(repository),
  });
  await mkdir(join(dir, "index"), { recursive: true, mode: 0o700 });
  const clone = await describe(repository, commit, dir);
  if (repository.partial)
    await checkComplete(repository, hostGit({ gitDir: join(dir, "git"), searchPath: repository.searchPath }), clone);
  return clone;
}

async function checkComplete({ root }: Repository, git: HostGit, { base }: Clone): Promise<void> {
  const missing = await missingFiles(git, base.tree);
  if (missing.length === 0) return;
  throw new WorkspaceError(
    `${root} is a partial clone without the contents of ${missing.length} files, ${missing[0]} for one`,
    `fetch them: git -C ${root} archive ${base.commit.slice(0, 12)} >/dev/null`,
  );
}

/** Is there a clone that openClone can open? */
export const isClone = (dir: string): Promise<boolean> =>
  lstat(join(dir, "index")).then(
    () => true,
    () => false,
  );

/** The clone an earlier process made in `dir`, after a crash too: what it left half done is cleared away. */
export async function openClone(repository: Repository, commit: string, dir: string): Promise<Clone> {
  const indexDir = join(dir, "index");
  if (!(await isClone(dir))) throw new WorkspaceError(`${dir} holds no clone`, "it was removed: start a new run");
  for (const name of await readdir(indexDir)) {
    if (!/^[0-9a-f]+$/.test(name)) await rm(join(indexDir, name), { recursive: true, force: true });
  }
  return describe(repository, commit, dir);
}

async function packBeyond(git: HostGit, commit: string, beyond: string): Promise<Buffer> {
  const stdin = `${commit}\n^${beyond}\n`;
  return (await git.run(["pack-objects", "--revs", "--stdout", "-q"], { stdin })).stdout;
}

const nobody = { name: "claw", email: "claw@localhost" };

async function describe(repository: Repository, commit: string, dir: string): Promise<Clone> {
  const indexDir = join(dir, "index");
  const git = (options: { workTree?: string; indexFile?: string } = {}): HostGit =>
    hostGit({ gitDir: join(dir, "git"), searchPath: repository.searchPath, ...options });
  const at = (workTree: string): WorkingTree => {
    const own = indexFileFor(indexDir, workTree);
    return {
      dir: workTree,
      indexFile: own,
      idLength: commit.length,
      git: (indexFile = own) => git({ workTree, indexFile }),
    };
  };
  const tree = await git().line(["rev-parse", "--verify", `${commit}^{tree}`]);
  // Asked for again by every stage, and each process costs some milliseconds. Lists and diffs of a large repository are
  // large themselves, so only a few stay.
  const list = remembering(2, (from) => listTree(git(), from));
  const read = remembering(16, (from, path) =>
    from === tree ? list(tree).then((entries) => readListed(git(), entries, path)) : readBlob(git(), from, path),
  );
  const trees = workingTrees(at);
  const headOf = sandboxHeads({ git, dir, base: { commit, tree }, trees });
  return {
    dir,
    base: { commit, tree },
    checkout: trees.checkout,
    move: trees.move,
    update: trees.update,
    snapshot: trees.snapshot,
    diff: remembering(4, (fromTree, toTree) => diffTrees(git(), fromTree, toTree)),
    async pack(wanted, parent) {
      const made = await makeCommit(git(), { tree: wanted, parent, message: "Snapshot\n", author: nobody, at: 0 });
      return { commit: made, pack: await packBeyond(git(), made, parent) };
    },
    packOf: (made, beyond) => packBeyond(git(), made, beyond),
    unpack: async (pack) => void (await git().run(["unpack-objects", "-q", "--strict"], { stdin: Buffer.from(pack) })),
    has: async (id) => (await git().run(["cat-file", "-e", id], { answers: [0, 1, 128] })).code === 0,
    parents: async (made) => {
      const [head = ""] = (await git().run(["cat-file", "commit", made])).stdout.toString("utf8").split("\n\n", 1);
      return [...head.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, parent = ""]) => parent);
    },
    overlay: (base, from, paths) =>
      withScratchIndex(indexDir, (indexFile) => overlayTree(git({ indexFile }), { base, from }, paths)),
    merge: (sides) => withScratchIndex(indexDir, (indexFile) => mergeTrees(git({ indexFile }), sides, indexDir)),
    read,
    list,
    commit: (spec) => makeCommit(git(), spec),
    publish: (made, branch) => publishBranch(repository, git(), { known: [commit], commit: made, branch }),
    sandboxGit: async (working, wanted, hidden = []) =>
      makeSandboxGit(at(working), {
        repository,
        parent: join(dir, "sandbox"),
        ...(await headOf(working, wanted, hidden)),
      }),
  };
}

interface HeadParts {
  readonly git: (options?: { indexFile?: string }) => HostGit;
  /** The clone's own. */
  readonly dir: string;
  readonly base: Clone["base"];
  readonly trees: WorkingTrees;
}

/** What git inside begins from: the base with what was added to it, or, with files to hide, a commit of its own alone. */
function sandboxHeads({ git, dir, base, trees }: HeadParts) {
  const into = join(dir, "git", "work");
  const work = remembering(4, (wanted) => packWork(git(), { tree: wanted, base: base.commit, into }));
  const alone = remembering(4, (wanted) => packAlone(git(), { tree: wanted, into }));
  return async (working: string, wanted: string, hidden: readonly string[]): Promise<SandboxHead> => {
    if (hidden.length > 0) {
      const index = join(dir, "index");
      const tree = await withScratchIndex(index, (indexFile) => emptiedTree(git({ indexFile }), wanted, hidden));
      const { commit: head, packs } = await alone(tree);
      return { borrows: false, head, packs, readTree: tree };
    }
    const { commit: head, packs } = wanted === base.tree ? { commit: base.commit, packs: null } : await work(wanted);
    return { borrows: true, head, packs, readTree: trees.holds(working, wanted) ? null : wanted };
  };
}

async function withScratchIndex<T>(indexDir: string, use: (indexFile: string) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(indexDir, "scratch-"));
  try {
    return await use(join(scratch, "index"));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
