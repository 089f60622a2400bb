import type { DependencyPlan } from "./packages.ts";
import { isObject, parseObject } from "./readers/reader.ts";

/** What is installed, as its own bookkeeping says. */
export interface InstalledFacts {
  /** Text of the installer's own record (node_modules/.package-lock.json, .pnpm/lock.yaml, …); null when there is none. */
  readonly record: string | null;
  /** Installed packages: npm names, or for a Python environment "name==version". */
  readonly packages: readonly string[];
}

/** Whether what is installed can be used for this lockfile, and why, as a clause for people and for the record. */
export interface LockMatch {
  readonly ok: boolean;
  readonly why: string;
}

type Locked = Readonly<Record<string, Record<string, unknown>>>;

/** The packages of an npm lockfile by their place; lockfiles of npm 6 list only the top level here. */
function npmPackages(text: string): Locked | null {
  const lock = parseObject(text);
  const entries = (value: unknown, prefix: string): Locked =>
    Object.fromEntries(
      Object.entries(isObject(value) ? value : {}).flatMap(([key, each]) =>
        isObject(each) ? [[prefix + key, each]] : [],
      ),
    );
  if (lock === null) return null;
  return isObject(lock["packages"]) ? entries(lock["packages"], "") : entries(lock["dependencies"], "node_modules/");
}

/** Every package of the lockfile that is not optional must be installed in the same version; more than that may be. */
function matchesNpm(lockText: string, record: string): LockMatch {
  const [wanted, present] = [npmPackages(lockText), npmPackages(record)];
  if (wanted === null || present === null)
    return { ok: false, why: "package-lock.json or node_modules/.package-lock.json cannot be read" };
  const needed = Object.entries(wanted).filter(
    ([path, each]) =>
      /(?:^|\/)node_modules\//.test(path) &&
      each["link"] !== true &&
      each["optional"] !== true &&
      each["devOptional"] !== true,
  );
  for (const [path, each] of needed) {
    const have = present[path];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    if (!have) return { ok: false, why: `${name} ${String(each["version"])} of package-lock.json is not installed` };
    if (have["version"] !== each["version"]) {
      return {
        ok: false,
        why: `${name} is installed as ${String(have["version"])}, package-lock.json says ${String(each["version"])}`,
      };
    }
  }
  return { ok: true, why: `all ${needed.length} packages of package-lock.json are installed` };
}

/** pnpm keeps a copy of the lockfile it installed; settings and comments do not matter. */
function matchesPnpm(lockText: string, record: string): LockMatch {
  const essence = (text: string): string => {
    const blocks = text.replaceAll("\r\n", "\n").split(/\n(?=[^\s#])/);
    return blocks
      .filter((block) => !block.startsWith("settings:"))
      .map((block) => block.trim())
      .filter(Boolean)
      .sort()
      .join("\n");
  };
  const ok = essence(lockText) === essence(record);
  return {
    ok,
    why: ok
      ? "node_modules/.pnpm/lock.yaml equals pnpm-lock.yaml"
      : "node_modules/.pnpm/lock.yaml differs from pnpm-lock.yaml",
  };
}

const pythonName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[-_.]+/g, "-")
    .replace(/\[.*$/, "");

/** Each listed requirement must be installed, and in the same version where it is pinned. */
function matchesPip(plan: DependencyPlan, installed: InstalledFacts): LockMatch {
  const versions = new Map(
    installed.packages.map((each) => [pythonName(each.split("==")[0] ?? ""), each.split("==")[1]]),
  );
  for (const requirement of plan.declared) {
    const [, name = "", pinned] = /^([\w.-]+)(?:\[[^\]]*\])?(?:===?([^,*]+)$)?/.exec(requirement) ?? [];
    const version = versions.get(pythonName(name));
    if (!versions.has(pythonName(name))) return { ok: false, why: `${name} is not installed` };
    if (pinned !== undefined && pinned !== version)
      return { ok: false, why: `${name} is installed as ${version ?? "?"}, wanted is ${pinned}` };
  }
  return {
    ok: true,
    why:
      plan.declared.length > 0
        ? `all ${plan.declared.length} listed requirements are installed`
        : "an environment exists; versions were not compared",
  };
}

/** Without anything to compare with: each declared package has a directory. */
function matchesDeclared(plan: DependencyPlan, installed: InstalledFacts, because: string): LockMatch {
  const present = new Set(installed.packages);
  const missing = plan.declared.find((name) => !present.has(name));
  if (missing !== undefined) return { ok: false, why: `${missing} is not installed` };
  return { ok: true, why: `${because}; all ${plan.declared.length} declared packages have a directory` };
}

/** May the installed packages stand in for those of the lockfile at the base commit? Pure: both come in as text. */
export function matchesLock(plan: DependencyPlan, lockText: string | null, installed: InstalledFacts): LockMatch {
  const { record } = installed;
  if (plan.manager === null) return { ok: true, why: "no dependencies are declared" };
  if (plan.manager === "pip") return matchesPip(plan, installed);
  if (plan.manager === "poetry" || plan.manager === "uv")
    return { ok: true, why: `an environment exists; it was not compared with ${plan.lockfile ?? "anything"}` };
  if (lockText === null) return matchesDeclared(plan, installed, "there is no lockfile");
  if (plan.manager === "npm")
    return record === null
      ? { ok: false, why: "node_modules has no .package-lock.json: not installed by npm" }
      : matchesNpm(lockText, record);
  if (plan.manager === "pnpm")
    return record === null
      ? { ok: false, why: "node_modules has no .pnpm/lock.yaml: not installed by pnpm" }
      : matchesPnpm(lockText, record);
  return matchesDeclared(plan, installed, `versions were not compared with ${plan.lockfile ?? "a lockfile"}`);
}
