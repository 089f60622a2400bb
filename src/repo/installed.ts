import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, isAbsolute, join, relative } from "node:path";

/** Packages found in the user's own tree. */
export interface Installed {
  /** Relative to the repository: "node_modules", "packages/a/node_modules", ".venv". */
  readonly dir: string;
  /** The same, absolute, as the user's tree names it. */
  readonly source: string;
  /** The real directory, absolute; elsewhere when `dir` is a symbolic link. */
  readonly real: string;
  readonly kind: "node_modules" | "venv";
  /** The installer's own record of what it installed; null when there is none. */
  readonly record: string | null;
  /** npm names with scope, or "name==version" for a Python environment; sorted. */
  readonly packages: readonly string[];
}

const records = [".package-lock.json", ".pnpm/lock.yaml", ".yarn-state.yml", ".yarn-integrity"];

/** Largest record read; npm's own for a thousand packages is below one megabyte. */
const recordBytes = 32 * 1024 * 1024;

async function names(directory: string): Promise<string[]> {
  const found = await readdir(directory).catch(() => []);
  return found.toSorted((a, b) => a.localeCompare(b));
}

async function firstRecord(real: string): Promise<string | null> {
  for (const name of records) {
    const path = join(real, name);
    const info = await stat(path).catch(() => null);
    if (info?.isFile() && info.size <= recordBytes) return readFile(path, "utf8");
  }
  return null;
}

async function nodePackages(real: string): Promise<string[]> {
  const top = (await names(real)).filter((name) => !name.startsWith("."));
  const scoped = top.filter((name) => name.startsWith("@"));
  const below = await Promise.all(
    scoped.map(async (scope) => (await names(join(real, scope))).map((name) => `${scope}/${name}`)),
  );
  return [...top.filter((name) => !name.startsWith("@")), ...below.flat()].toSorted();
}

/** The site-packages directories of a Python environment. */
export async function sitePackages(real: string): Promise<string[]> {
  const versions = (await names(join(real, "lib"))).filter((name) => name.startsWith("python3"));
  return versions.map((name) => join(real, "lib", name, "site-packages"));
}

async function pythonPackages(real: string): Promise<string[]> {
  const lists = await Promise.all((await sitePackages(real)).map(names));
  return lists.flat().flatMap((name) => {
    const [, project, version] = /^(.+?)-([^-]+)\.(?:dist|egg)-info$/.exec(name) ?? [];
    return project && version ? [`${project}==${version}`] : [];
  });
}

/** Is `path` inside `directory`, or the same? Both absolute. */
export function isInside(path: string, directory: string): boolean {
  const way = relative(directory, path);
  return way === "" || (!isAbsolute(way) && way !== ".." && !way.startsWith("../"));
}

/** Which of these directories exist in the user's tree, where they really are, and what they hold. Reads, never writes. */
export async function findInstalled(root: string, dirs: readonly string[]): Promise<Installed[]> {
  const found: Installed[] = [];
  for (const dir of dirs) {
    const source = join(root, dir);
    const real = await realpath(source).catch(() => null);
    const info = real === null ? null : await stat(real).catch(() => null);
    if (real === null || !info?.isDirectory()) continue;
    if (basename(dir) === "node_modules") {
      found.push({
        dir,
        source,
        real,
        kind: "node_modules",
        record: await firstRecord(real),
        packages: await nodePackages(real),
      });
    } else if (await stat(join(real, "pyvenv.cfg")).catch(() => null)) {
      found.push({ dir, source, real, kind: "venv", record: null, packages: await pythonPackages(real) });
    }
  }
  return found;
}
