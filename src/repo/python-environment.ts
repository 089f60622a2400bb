import { readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative } from "node:path";
import type { DependencyMount, DependencySource } from "./dependencies.ts";
import { isInside, sitePackages } from "./installed.ts";

/** Places of the sandbox's own, where nothing of the host can be shown at its original path. */
const ownPlaces = [
  "/tmp",
  "/var/tmp",
  "/workspace",
  "/home/agent",
  "/proc",
  "/dev",
  "/usr",
  "/etc",
  "/run",
  "/deps",
  "/bin",
  "/sbin",
  "/lib",
  "/lib64",
];

const showable = (path: string): boolean => !ownPlaces.some((own) => isInside(path, own));

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** Does this prefix hold a Python installation, standard library and all? A home directory with a lone binary does not. */
async function isInstallation(prefix: string): Promise<boolean> {
  const versions = (await readdir(join(prefix, "lib")).catch(() => [])).filter((name) => name.startsWith("python3"));
  const complete = await Promise.all(versions.map((name) => exists(join(prefix, "lib", name, "os.py"))));
  return complete.some(Boolean);
}

/** The installation an environment's interpreter links to, at its real path and at the one the link names. */
async function interpreterMounts(environment: string): Promise<DependencyMount[]> {
  const python = join(environment, "bin", "python");
  const real = await realpath(python).catch(() => null);
  const first = await readlink(python).catch(() => null);
  if (real === null || first === null) return [];
  const prefix = dirname(dirname(real));
  if (!showable(prefix) || !(await isInstallation(prefix))) return [];
  // "python -> python3 -> /opt/x/bin/python3": only the link that leaves the environment names an installation.
  const leaving = isAbsolute(first) ? first : await readlink(join(environment, "bin", first)).catch(() => real);
  const named = isAbsolute(leaving) ? dirname(dirname(leaving)) : prefix;
  const same = (await realpath(named).catch(() => null)) === prefix && showable(named);
  return [...new Set([prefix, ...(same ? [named] : [])])].map((target) => ({ source: prefix, target }));
}

/** Mounts for a Python environment: in the workspace, where it was made (its scripts name that path), and its interpreter. */
export async function environmentMounts({ dir, source }: DependencySource): Promise<DependencyMount[]> {
  const real = await realpath(source).catch(() => null);
  if (real === null || !(await exists(join(real, "pyvenv.cfg")))) return [];
  const original = [...new Set([source, real])].filter(showable);
  const targets = [`/workspace/${dir}`, ...original];
  return [...targets.map((target) => ({ source: real, target })), ...(await interpreterMounts(real))];
}

/** Absolute paths an environment's site-packages point to: lines of .pth files, and the finders of editable installs. */
async function pointers(site: string): Promise<string[]> {
  const names = await readdir(site).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      if (name.endsWith(".pth"))
        return (await readFile(join(site, name), "utf8")).split("\n").map((line) => line.trim());
      if (!/^__editable__.*_finder\.py$/.test(name)) return [];
      const mapping = /^MAPPING[^=]*=\s*(\{.*\})/m.exec(await readFile(join(site, name), "utf8"))?.[1] ?? "";
      return [...mapping.matchAll(/:\s*'([^']+)'/g)].map((match) => dirname(match[1] ?? "/"));
    }),
  );
  return found.flat().filter(isAbsolute);
}

/**
 * Variables that make an environment fit a workspace: what the user installed in editable mode from their own tree is
 * looked up in the workspace instead, ahead of the paths in the environment, which the sandbox does not show.
 */
export async function environmentVariables(sources: readonly DependencySource[]): Promise<Record<string, string>> {
  const paths: string[] = [];
  for (const { dir, source } of sources) {
    const root = source.endsWith(`/${dir}`) ? source.slice(0, -dir.length - 1) : dirname(source);
    const roots = [root, await realpath(root).catch(() => root)];
    const sites = await sitePackages(source);
    for (const pointer of (await Promise.all(sites.map(pointers))).flat()) {
      const inside = roots.find((each) => isInside(pointer, each));
      if (inside !== undefined && !isInside(pointer, source)) paths.push(join("/workspace", relative(inside, pointer)));
    }
  }
  return paths.length === 0 ? {} : { PYTHONPATH: [...new Set(paths)].join(":") };
}
