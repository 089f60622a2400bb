import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownedName } from "../ledger/owned-name.ts";
import { type HostGit, type HostGitOptions, hostGit } from "./host-git.ts";
import type { Layout } from "./layout.ts";

export type ObjectFormat = "sha1" | "sha256";

/** What a git directory of claw's own making contains. */
export interface ShadowOptions {
  readonly objectFormat: ObjectFormat;
  /** Object stores to read from, as the reader of the directory will see their paths. */
  readonly alternates: readonly string[];
  /** Contents of the HEAD file; a branch without commits when omitted. */
  readonly head?: string;
  /** Further configuration, as "section.key" to a plain value. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further patterns of files to ignore, as in .gitignore. */
  readonly exclude?: string;
  /** The user's list of commits whose parents are missing on purpose. */
  readonly shallow?: string | null;
}

/** What test runs leave behind and no patch should contain. Tracked files count whatever their names. */
const leftovers = [
  "__pycache__/",
  "*.pyc",
  ".pytest_cache/",
  ".mypy_cache/",
  ".ruff_cache/",
  ".tox/",
  ".venv/",
  "venv/",
  "node_modules/",
  ".vite/",
  ".vitest/",
  ".nyc_output/",
];

/** Writes a git directory with claw's own configuration, no hooks and no objects. Writing it twice does no harm. */
export async function makeShadow(dir: string, options: ShadowOptions): Promise<void> {
  const folders = ["objects/info", "objects/pack", "refs/heads", "info"];
  await Promise.all(folders.map((folder) => mkdir(join(dir, folder), { recursive: true, mode: 0o700 })));
  const files = {
    HEAD: options.head ?? "ref: refs/heads/none\n",
    "objects/info/alternates": options.alternates.map((path) => `${path}\n`).join(""),
    "info/exclude": `${leftovers.join("\n")}\n${options.exclude ?? ""}`,
    ...(options.shallow && { shallow: options.shallow }),
    config: configText(options),
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(dir, name), text)));
}

function configText({ objectFormat, settings }: ShadowOptions): string {
  const all = {
    "core.repositoryformatversion": "1",
    "core.filemode": "true",
    "core.symlinks": "true",
    // Without a work tree named, git must not take the current directory for one, nor read attributes there.
    "core.bare": "true",
    "core.logallrefupdates": "false",
    "extensions.objectformat": objectFormat,
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => {
    const [section, key] = name.split(".");
    return `[${section}]\n\t${key} = "${value}"\n`;
  });
  return lines.join("");
}

/** What a view needs to know of a repository. */
export type Viewed = Layout & {
  readonly objectFormat: ObjectFormat;
  readonly settings: Readonly<Record<string, string>>;
  readonly searchPath: string;
};

export interface View {
  readonly dir: string;
  git(options?: Pick<HostGitOptions, "workTree" | "indexFile" | "objectDir">): HostGit;
  /** A private copy of the user's index. */
  index(): Promise<string>;
}

/** How the names of views begin, in the directory for temporary files. */
export const viewPrefix = "claw-view-";

/**
 * The user's refs, HEAD and objects seen through a git directory of claw's own, so that nothing in theirs is obeyed:
 * no configuration, hook, attribute or filter. Refs written through it are the user's. Removed afterwards.
 */
export async function withView<T>(repository: Viewed, use: (view: View) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), ownedName(viewPrefix)));
  try {
    await makeShadow(dir, {
      objectFormat: repository.objectFormat,
      alternates: repository.objectDirs,
      head: await readFile(join(repository.gitDir, "HEAD"), "utf8"),
      settings: repository.settings,
      exclude: await readFile(join(repository.commonDir, "info/exclude"), "utf8").catch(() => ""),
      shallow: await shallowList(repository),
    });
    await rm(join(dir, "refs"), { recursive: true });
    const parts = ["refs", "packed-refs", "logs", "reftable"];
    await Promise.all(parts.map((part) => symlink(join(repository.commonDir, part), join(dir, part))));
    return await use({
      dir,
      git: (options) => hostGit({ gitDir: dir, searchPath: repository.searchPath, ...options }),
      index: () => copyIndex(repository.gitDir, dir),
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A split index names its other half, which must lie beside it. */
async function copyIndex(from: string, to: string): Promise<string> {
  for (const name of await readdir(from)) {
    if (name === "index" || name.startsWith("sharedindex.")) await copyFile(join(from, name), join(to, name));
  }
  return join(to, "index");
}

/** The text of the user's list of commits whose parents a shallow clone left out; null in a complete repository. */
export async function shallowList(repository: Layout): Promise<string | null> {
  return readFile(join(repository.commonDir, "shallow"), "utf8").catch(() => null);
}
