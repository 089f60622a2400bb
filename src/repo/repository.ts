import { lstat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { UsageError, WorkspaceError } from "../errors.ts";
import { defaultSearchPath, type HostGit, hostGit } from "./host-git.ts";
import { bare, findLayout, type Layout } from "./layout.ts";
import { personFiles, type Settings, settingsReader, type SettingsReader } from "./settings.ts";
import { type ObjectFormat, shallowList, type Viewed, withView } from "./shadow.ts";
import { blobs, listTree, readBlob } from "./trees.ts";

/** Things in a commit that claw carries along but cannot see into. Paths from the root. */
interface CommitNotes {
  readonly submodules: readonly string[];
  /** Files that are git-lfs pointers: tests see the pointer, not the content. */
  readonly lfsPointers: readonly string[];
}

/** The user's repository, read without obeying its configuration and never changed, except by `publish`. */
export interface Repository extends Viewed {
  /** Full id of the commit HEAD is at. */
  readonly head: string;
  /** Short name of the branch HEAD is on; null when detached. */
  readonly branch: string | null;
  /** True when history was cut off by a shallow clone. */
  readonly shallow: boolean;
  /** True when a partial clone may have left out contents, to be fetched when wanted; claw fetches nothing. */
  readonly partial: boolean;
  /** Address of the remote called origin, as it is written in the configuration; null without one. */
  readonly origin: string | null;
  /** The full id of the commit a branch, tag, remote branch or abbreviated id names; UsageError when there is none. */
  resolve(ref: string): Promise<string>;
  /** A file as a commit has it; null when there is none. */
  read(commit: string, path: string): Promise<Buffer | null>;
  /** True when tracked files differ from HEAD or untracked files exist: a run starts from a commit and leaves them out. */
  dirty(): Promise<boolean>;
  notes(commit: string): Promise<CommitNotes>;
  /** Who commits here, as "Name <email>", by what the repository's and the user's git settings say; null when they do not. */
  identity(): Promise<string | null>;
}

export interface OpenOptions {
  /** Where to look for git, as in PATH. */
  readonly searchPath?: string;
  /** Whose `safe.directory` settings count; the home directory of this process's user when omitted. */
  readonly home?: string;
}

/** Opens the repository that contains `path`. WorkspaceError when it is none, is bare, is another user's or has no commits. */
export async function openRepository(path: string, options: OpenOptions = {}): Promise<Repository> {
  const searchPath = options.searchPath ?? defaultSearchPath;
  const layout = await findLayout(path);
  const config = settingsReader(hostGit({ gitDir: "/nonexistent", searchPath }));
  const stored = await config(join(layout.commonDir, "config"));
  if (stored.get("core.bare")?.at(-1) === "true" && layout.gitDir === layout.commonDir) throw bare(layout.root);
  const home = options.home ?? userInfo().homedir;
  await checkOwner(layout, home, config);

  const viewed: Viewed = { ...layout, searchPath, objectFormat: objectFormatOf(stored), settings: carried(stored) };
  const at = await withView(viewed, (view) => headOf(view.git()));
  if (!at)
    throw new WorkspaceError(`${layout.root} has no commits yet`, "commit something first: git add -A && git commit");
  return {
    ...viewed,
    ...at,
    shallow: (await shallowList(layout)) !== null,
    partial: [...stored.keys()].some((name) => /^(extensions\.partialclone|remote\..*\.promisor)$/.test(name)),
    origin: stored.get("remote.origin.url")?.at(-1) ?? null,
    resolve: (ref) => resolveRef(viewed, ref),
    read: (commit, path) => withView(viewed, (view) => readBlob(view.git(), commit, path)),
    dirty: () => isDirty(viewed),
    notes: (commit) => withView(viewed, (view) => notesOf(view.git(), commit)),
    identity: async () => identityIn([...(await Promise.all(personFiles(home).map(config))), stored]),
  };
}

async function resolveRef(repository: Viewed, ref: string): Promise<string> {
  const commit = ref.startsWith("-") ? null : await withView(repository, (view) => commitAt(view.git(), ref));
  if (!commit)
    throw new UsageError(`no commit is called ${JSON.stringify(ref)} here`, "look with: git branch --all; git tag");
  return commit;
}

async function commitAt(git: HostGit, ref: string): Promise<string | null> {
  const answer = await git.run(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], { answers: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
}

/** The commit and the branch that HEAD is at, from one process; null without a commit. */
async function headOf(git: HostGit): Promise<Pick<Repository, "head" | "branch"> | null> {
  const asked = ["HEAD^{commit}", "--symbolic-full-name", "HEAD"];
  const answer = await git.run(["rev-parse", ...asked], { answers: [0, 128] });
  if (answer.code !== 0) return null;
  const [head = "", name] = answer.stdout.toString("utf8").trim().split("\n");
  // Git says nothing where a branch or tag is called HEAD as well.
  if (name === undefined) return { head, branch: await branchOf(git) };
  return { head, branch: name === "HEAD" ? null : name.replace(/^refs\/(?:heads\/)?/, "") };
}

async function branchOf(git: HostGit): Promise<string | null> {
  const answer = await git.run(["symbolic-ref", "--quiet", "--short", "HEAD"], { answers: [0, 1] });
  return answer.stdout.toString("utf8").trim() || null;
}

async function isDirty(repository: Viewed): Promise<boolean> {
  return withView(repository, async (view) => {
    const git = view.git({ workTree: repository.root, indexFile: await view.index() });
    const answer = await git.run(["status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all"]);
    return answer.stdout.length > 0;
  });
}

const lfsHeader = "version https://git-lfs.github.com/spec/v1\n";

async function notesOf(git: HostGit, commit: string): Promise<CommitNotes> {
  const entries = await listTree(git, commit);
  const small = entries.filter((entry) => entry.size !== null && entry.size > lfsHeader.length && entry.size < 300);
  const contents = await blobs(
    git,
    small.map((entry) => entry.oid),
  );
  return {
    submodules: entries.filter((entry) => entry.mode === "160000").map((entry) => entry.path),
    lfsPointers: small
      .filter((entry) => contents.get(entry.oid)?.toString("latin1").startsWith(lfsHeader))
      .map((entry) => entry.path),
  };
}

/** The later settings win. */
function identityIn(settings: readonly Settings[]): string | null {
  const last = (name: string): string =>
    (settings.flatMap((each) => each.get(name) ?? []).at(-1) ?? "").replace(/[\s<>]+/g, " ").trim();
  const [name, email] = [last("user.name"), last("user.email")];
  return name === "" ? null : email === "" ? name : `${name} <${email}>`;
}

/** Plain facts about the files and the store that a view needs to read and write them as the user's git does. */
const carriedNames = [
  "core.filemode",
  "core.symlinks",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.autocrlf",
  "core.eol",
  "core.sharedrepository",
  "extensions.refstorage",
];

function carried(stored: Settings): Record<string, string> {
  const pairs = carriedNames.map((name) => [name, stored.get(name)?.at(-1)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => /^[a-z0-9]+$/i.test(pair[1] ?? "")));
}

/** How a repository with these settings names its objects. */
export function objectFormatOf(stored: Settings): ObjectFormat {
  const name = stored.get("extensions.objectformat")?.at(-1) ?? "sha1";
  if (name === "sha1" || name === "sha256") return name;
  throw new WorkspaceError(
    `objects are stored in the unknown format ${JSON.stringify(name)}`,
    "clone it as a sha1 or sha256 repository",
  );
}

/** The rule git itself has: another user's repository counts only when the person said so. */
async function checkOwner(layout: Layout, home: string, config: SettingsReader): Promise<void> {
  const me = process.geteuid?.();
  const parts = await Promise.all(
    [layout.root, layout.gitDir, layout.commonDir].map(async (path) => ({ path, uid: (await lstat(path)).uid })),
  );
  const foreign = parts.find(({ uid }) => me !== undefined && uid !== me);
  if (!foreign) return;
  const trusted = (await Promise.all(personFiles(home).map(config))).flatMap(
    (settings) => settings.get("safe.directory") ?? [],
  );
  const since = trusted.lastIndexOf("");
  if (trusted.slice(since + 1).some((entry) => entry === "*" || entry === layout.root)) return;
  throw new WorkspaceError(
    `${foreign.path} belongs to another user`,
    `if you trust it: git config --global --add safe.directory ${layout.root}`,
  );
}
