import { access, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";

/** What of the user's tools is shown inside, read-only and under the same path as outside. */
export interface Toolchains {
  readonly directories: readonly string[];
  /** PATH inside: only directories that are mounted. */
  readonly path: string;
  /** Variables without which a version manager's shims would look for its tools in the private home. */
  readonly env: Readonly<Record<string, string>>;
}

/** Version managers: shown whole, because their shims reach all over their own directory. */
const managers: readonly { readonly name: string; readonly variable?: string }[] = [
  { name: ".pyenv", variable: "PYENV_ROOT" },
  { name: ".rbenv", variable: "RBENV_ROOT" },
  { name: ".nodenv", variable: "NODENV_ROOT" },
  { name: ".goenv", variable: "GOENV_ROOT" },
  { name: ".jenv", variable: "JENV_ROOT" },
  { name: ".nvm" },
  { name: ".volta", variable: "VOLTA_HOME" },
  { name: ".asdf", variable: "ASDF_DATA_DIR" },
  { name: ".local/share/mise", variable: "MISE_DATA_DIR" },
  { name: ".local/share/fnm" },
  { name: ".local/share/uv/python" },
  { name: ".fnm" },
  { name: ".sdkman" },
  { name: ".rustup", variable: "RUSTUP_HOME" },
  { name: ".bun" },
  { name: ".deno" },
];

/** Packages that a language's own tool fetched once: without them nothing with a dependency builds where no registry is reached. */
const caches: readonly { readonly path: string; readonly variable: (home: string) => readonly [string, string] }[] = [
  { path: "go/pkg/mod", variable: (home) => ["GOMODCACHE", join(home, "go/pkg/mod")] },
  { path: ".cargo/registry", variable: (home) => ["CARGO_HOME", join(home, ".cargo")] },
  { path: ".cargo/git", variable: (home) => ["CARGO_HOME", join(home, ".cargo")] },
  { path: ".m2/repository", variable: (home) => ["MAVEN_OPTS", `-Dmaven.repo.local=${join(home, ".m2/repository")}`] },
];

/** Is a path inside the directory of a version manager? */
export const isToolchain = (path: string): boolean => managers.some(({ name }) => `${path}/`.includes(`/${name}/`));

/** Programs that are often links into a place that PATH does not name. */
const interpreters = ["node", "python3", "python", "ruby", "java", "go", "deno", "bun"];

const always = ["/usr/local/bin", "/usr/bin", "/bin"];
const inside = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);
const inSystem = (path: string): boolean => ["/usr", "/bin", "/sbin", "/lib"].some((root) => inside(path, root));
const real = (path: string): Promise<string | null> => realpath(path).catch(() => null);
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Finds the toolchains a user's PATH names. `extra` are further directories whose interpreters must work, such as a mounted .venv. */
export async function findToolchains(
  host: { path: string; home: string },
  extra: readonly string[] = [],
): Promise<Toolchains> {
  const home = (await real(host.home)) ?? host.home;
  const roots = new Set<string>();
  const path: string[] = [];
  const show = async (directory: string): Promise<boolean> => {
    const root = await toolchainRoot(directory, home);
    if (root) roots.add(root);
    return root !== null;
  };
  for (const entry of new Set(host.path.split(":"))) {
    if (!isAbsolute(entry)) continue;
    const programs = await interpretersIn(entry);
    // A project's own programs are no toolchain; the interpreter a project pins is.
    if (basename(entry) === ".bin" && basename(dirname(entry)) === "node_modules") {
      for (const directory of programs) roots.add(directory);
      path.push(...programs);
      continue;
    }
    const directory = await real(entry);
    if (!directory) continue;
    if (inSystem(directory)) path.push(entry);
    else if (await show(directory)) path.push(directory);
    for (const directory of programs) await show(directory);
  }
  for (const entry of extra) for (const directory of await interpretersIn(entry)) await show(directory);
  const rustup = [...roots].some((root) => root.endsWith("/.cargo/bin")) ? await real(join(home, ".rustup")) : null;
  if (rustup) roots.add(rustup);
  const fetched = await fetchedPackages(home);
  const directories = outermost([...roots, ...fetched.directories]);
  const env = { ...managerVariables(directories), ...fetched.env };
  return { directories, path: [...new Set([...path, ...always])].join(":"), env };
}

/** The caches that are there. A link out of its place is none: it could lead anywhere. */
async function fetchedPackages(home: string): Promise<Pick<Toolchains, "directories" | "env">> {
  const there = await Promise.all(caches.map(async ({ path }) => (await real(join(home, path))) === join(home, path)));
  const found = caches.filter((_, index) => there[index]);
  return {
    directories: found.map(({ path }) => join(home, path)),
    env: Object.fromEntries(found.map(({ variable }) => variable(home))),
  };
}

/** The real directories, outside the system's own, of the interpreters in a directory. */
async function interpretersIn(directory: string): Promise<string[]> {
  const programs = await Promise.all(interpreters.map((name) => real(join(directory, name))));
  return [...new Set(programs.flatMap((program) => (program && !inSystem(program) ? [dirname(program)] : [])))];
}

/** What has to be shown so that the programs of `directory` work; null when that would show a home. */
async function toolchainRoot(directory: string, home: string): Promise<string | null> {
  if (inside(home, directory)) return null;
  for (const { name } of managers) {
    const at = `${directory}/`.indexOf(`/${name}/`);
    if (at >= 0) return directory.slice(0, at + 1 + name.length);
  }
  if (inside(directory, "/nix/store")) return "/nix/store";
  const prefix = dirname(directory);
  const shared = [home, join(home, ".local"), join(home, ".cargo"), "/"].includes(prefix);
  if (basename(directory) === "bin" && !shared && !inside(home, prefix) && (await exists(join(prefix, "lib"))))
    return prefix;
  return directory;
}

/** Leaves out what lies inside another of the directories. */
const outermost = (directories: readonly string[]): string[] =>
  directories
    .filter((directory) => !directories.some((other) => other !== directory && inside(directory, other)))
    .sort();

function managerVariables(directories: readonly string[]): Record<string, string> {
  const pairs = directories.flatMap((directory) => {
    const manager = managers.find(({ name }) => directory.endsWith(`/${name}`));
    return manager?.variable ? [[manager.variable, directory] as const] : [];
  });
  return Object.fromEntries(pairs);
}
