import { parseObject, text } from "./readers/reader.ts";
import type { Tree } from "./detect.ts";

/** A program that installs packages. */
type Manager = "npm" | "pnpm" | "yarn" | "bun" | "pip" | "poetry" | "uv";

/** How a repository's dependencies are installed, and where they then are. */
export interface DependencyPlan {
  /** Null when the repository declares no packages in a way claw knows. */
  readonly manager: Manager | null;
  readonly lockfile: string | null;
  /** The lockfile's own install command as argv, install scripts off where the manager can. Empty without a manager. */
  readonly install: readonly string[];
  /** Directories that would hold the packages, relative to the repository, whether they exist or not. */
  readonly installedDirs: readonly string[];
  /** Direct dependencies, as far as they are listed: npm names, or pip requirements ("flask==3.0"). */
  readonly declared: readonly string[];
  /** False when no dependencies are declared. */
  readonly needsInstall: boolean;
}

const nothing: DependencyPlan = {
  manager: null,
  lockfile: null,
  install: [],
  installedDirs: [],
  declared: [],
  needsInstall: false,
};
const shell = (line: string): string[] => ["/bin/bash", "-c", line];

const locks: readonly (readonly [string, Manager])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["yarn.lock", "yarn"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

const manifests = (files: readonly string[]): string[] =>
  files.filter((path) => /(?:^|\/)package\.json$/.test(path) && !/(?:^|\/)node_modules\//.test(path));

/** The files `dependencyPlan` wants to read, of those that exist. bun.lockb is binary and never read. */
export function dependencyFilesToRead(files: readonly string[]): string[] {
  const wanted =
    /^(?:package\.json|yarn\.lock|pnpm-workspace\.yaml|pyproject\.toml|requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$/;
  return files.filter((path) => wanted.test(path));
}

/** The names under a package.json's dependency maps. */
function declaredIn(manifest: Record<string, unknown>): string[] {
  const maps = [manifest["dependencies"], manifest["devDependencies"]];
  return [...new Set(maps.flatMap((map) => (typeof map === "object" && map !== null ? Object.keys(map) : [])))].sort();
}

function nodeInstall(manager: Manager, locked: boolean, yarnLock: string): string[] {
  const berry = /^__metadata:/m.test(yarnLock);
  if (manager === "pnpm")
    return ["pnpm", "install", locked ? "--frozen-lockfile" : "--no-lockfile", "--ignore-scripts"];
  if (manager === "bun")
    return ["bun", "install", ...(locked ? ["--frozen-lockfile"] : ["--no-save"]), "--ignore-scripts"];
  if (manager === "yarn") {
    if (berry) return ["yarn", "install", "--immutable", "--mode=skip-build"];
    return ["yarn", "install", locked ? "--frozen-lockfile" : "--no-lockfile", "--ignore-scripts", "--non-interactive"];
  }
  return [
    "npm",
    locked ? "ci" : "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    ...(locked ? [] : ["--no-package-lock"]),
  ];
}

function nodePlan(tree: Tree): DependencyPlan | null {
  const manifest = parseObject(tree.read("package.json") ?? "");
  if (manifest === null) return null;
  const [lockfile, locker] = locks.find(([path]) => tree.files.includes(path)) ?? [null, null];
  const wished = /^(npm|pnpm|yarn|bun)@/.exec(text(manifest["packageManager"]))?.[1] as Manager | undefined;
  const manager = locker ?? wished ?? "npm";
  const workspaces = "workspaces" in manifest || tree.files.includes("pnpm-workspace.yaml");
  const folders = workspaces ? manifests(tree.files).map((path) => path.slice(0, -"package.json".length)) : [""];
  const declared = declaredIn(manifest);
  return {
    manager,
    lockfile,
    install: nodeInstall(manager, lockfile !== null, tree.read("yarn.lock") ?? ""),
    installedDirs: folders
      .map((folder) => `${folder}node_modules`)
      .sort((a, b) => a.length - b.length || a.localeCompare(b)),
    declared,
    needsInstall: declared.length > 0 || workspaces,
  };
}

/** The lines of a requirements file that name a package; options, links and included files are left out. */
function requirements(list: string): string[] {
  const lines = list.split("\n").map((line) => line.replace(/\s*(?:#|;| --hash).*$/, "").trim());
  return lines
    .filter((line) => /^[A-Za-z0-9]/.test(line) && !/:\/\/| @ /.test(line))
    .map((line) => line.replaceAll(/\s+/g, ""));
}

/** Names of the optional groups of a pyproject.toml that tests usually need. */
function testExtras(pyproject: string): string[] {
  const section = /^\[project\.optional-dependencies\]\n([^]*?)(?=^\[|(?![^]))/m.exec(pyproject)?.[1] ?? "";
  return [...section.matchAll(/^["']?(tests?|testing|dev)["']?\s*=/gm)].map((match) => match[1] ?? "");
}

function pythonPlan(tree: Tree): DependencyPlan | null {
  const pyproject = tree.read("pyproject.toml") ?? "";
  const common = { installedDirs: [".venv", "venv"], declared: [], needsInstall: true };
  if (tree.files.includes("uv.lock"))
    return { ...common, manager: "uv", lockfile: "uv.lock", install: ["uv", "sync", "--frozen"] };
  if (tree.files.includes("poetry.lock") || /^\[tool\.poetry\.dependencies\]/m.test(pyproject)) {
    const lockfile = tree.files.includes("poetry.lock") ? "poetry.lock" : null;
    const install = shell("POETRY_VIRTUALENVS_IN_PROJECT=true poetry install --no-interaction");
    return { ...common, manager: "poetry", lockfile, install };
  }
  const lists = tree.files.filter(
    (path) =>
      /^(?:requirements[\w.-]*\.txt|requirements\/[\w.-]+\.txt)$/.test(path) && !/doc|lint|build|release/.test(path),
  );
  const listed = lists.flatMap((path) => requirements(tree.read(path) ?? ""));
  const packaged =
    /^\s*dependencies\s*=\s*\[\s*["'\n]/m.test(pyproject) && !/^\s*dependencies\s*=\s*\[\s*\]/m.test(pyproject);
  const extras = testExtras(pyproject);
  if (listed.length === 0 && !packaged && extras.length === 0) return null;
  const project = packaged || extras.length > 0 ? [`-e '.${extras.length > 0 ? `[${extras.join(",")}]` : ""}'`] : [];
  const wanted = [...lists.map((path) => `-r '${path}'`), ...project, "pytest"];
  return {
    ...common,
    manager: "pip",
    lockfile: lists[0] ?? null,
    install: shell(
      `python3 -m venv .venv && .venv/bin/python -m pip install --disable-pip-version-check ${wanted.join(" ")}`,
    ),
    declared: listed,
  };
}

/** Plans how dependencies are had: a package.json first, Python's ways else; `nothing` when none are declared. */
export function dependencyPlan(tree: Tree): DependencyPlan {
  return nodePlan(tree) ?? pythonPlan(tree) ?? nothing;
}
