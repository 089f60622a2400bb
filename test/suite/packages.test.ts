import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type InstalledFacts, matchesLock } from "../../src/suite/installed-match.ts";
import { dependencyFilesToRead, dependencyPlan, type DependencyPlan } from "../../src/suite/packages.ts";

const planOf = (files: Record<string, string>): DependencyPlan =>
  dependencyPlan({ files: Object.keys(files), read: (path) => files[path] });
const manifest = (more: Record<string, unknown> = {}): string =>
  JSON.stringify({ dependencies: { a: "1" }, devDependencies: { "@s/b": "2" }, ...more });
const installed = (record: string | null, ...packages: string[]): InstalledFacts => ({ record, packages });

describe("the lockfile says how dependencies are installed, install scripts off", () => {
  test.each([
    [{ "package-lock.json": "" }, "npm ci --ignore-scripts --no-audit --no-fund"],
    [{ "pnpm-lock.yaml": "" }, "pnpm install --frozen-lockfile --ignore-scripts"],
    [{ "yarn.lock": "# yarn lockfile v1" }, "yarn install --frozen-lockfile --ignore-scripts --non-interactive"],
    [{ "yarn.lock": "__metadata:\n  version: 8" }, "yarn install --immutable --mode=skip-build"],
    [{ "bun.lock": "" }, "bun install --frozen-lockfile --ignore-scripts"],
    [{}, "npm install --ignore-scripts --no-audit --no-fund --no-package-lock"],
  ])("%j: %s", (files, command) => {
    const plan = planOf({ "package.json": manifest(), ...(files as Record<string, string>) });
    expect([plan.install.join(" "), plan.declared, plan.needsInstall]).toEqual([command, ["@s/b", "a"], true]);
  });

  test("members of a workspace have packages of their own", () => {
    const files = {
      "package.json": manifest({ workspaces: ["packages/*"] }),
      "packages/b/package.json": "{}",
      "node_modules/x/package.json": "{}",
    };
    expect(planOf(files).installedDirs).toEqual(["node_modules", "packages/b/node_modules"]);
    expect(planOf({ "package.json": manifest(), "examples/b/package.json": "{}" }).installedDirs).toEqual([
      "node_modules",
    ]);
  });

  test("no dependencies, no installation", () => {
    expect(planOf({ "package.json": "{}" })).toMatchObject({ manager: "npm", needsInstall: false });
    expect(planOf({ "src/a.py": "", "pyproject.toml": '[project]\nname = "x"\ndependencies = []\n' })).toMatchObject({
      manager: null,
      needsInstall: false,
    });
  });

  test.each([
    [
      { "requirements.txt": "flask==3.0.0  # web\n-r other.txt\nrequests >= 2 ; python_version > '3'\n" },
      "pip",
      "-r 'requirements.txt' pytest",
      ["flask==3.0.0", "requests>=2"],
    ],
    [
      {
        "pyproject.toml":
          '[project]\ndependencies = ["rich"]\n[project.optional-dependencies]\ntest = ["pytest"]\ndocs = ["x"]\n[tool.x]\n',
      },
      "pip",
      "-e '.[test]' pytest",
      [],
    ],
    [
      { "pyproject.toml": "[tool.poetry.dependencies]\n", "poetry.lock": "" },
      "poetry",
      "poetry install --no-interaction",
      [],
    ],
    [{ "pyproject.toml": "[project]\n", "uv.lock": "" }, "uv", "uv sync --frozen", []],
  ])("Python: %j", (files, manager, ending, declared) => {
    const plan = planOf(files as unknown as Record<string, string>);
    expect(plan).toMatchObject({ manager, declared, installedDirs: [".venv", "venv"], needsInstall: true });
    expect(plan.install.join(" ").endsWith(ending)).toBe(true);
  });

  test("only a few files are asked for", () => {
    const files = [
      "package.json",
      "a/package.json",
      "package-lock.json",
      "requirements-dev.txt",
      "requirements/test.txt",
      "src/a.ts",
    ];
    expect(dependencyFilesToRead(files)).toEqual(["package.json", "requirements-dev.txt", "requirements/test.txt"]);
  });
});

describe("installed packages stand in for the lockfile's only when they are the same", () => {
  const npm = planOf({ "package.json": manifest(), "package-lock.json": "" });
  const entry = (version: string, more: Record<string, unknown> = {}) => ({ version, ...more });
  const lock = (packages: Record<string, unknown>): string => JSON.stringify({ lockfileVersion: 3, packages });
  const base = {
    "": { name: "x" },
    "node_modules/a": entry("1.0.0"),
    "node_modules/@s/b": entry("2.0.0"),
    "node_modules/@s/b/node_modules/a": entry("0.9.0"),
  };

  test("this project's own lockfile and its own node_modules", () => {
    const read = (path: string): string => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
    const match = matchesLock(npm, read("package-lock.json"), installed(read("node_modules/.package-lock.json")));
    expect(match).toEqual({
      ok: true,
      why: expect.stringMatching(/^all \d{2,} packages of package-lock\.json are installed$/),
    });
  });

  test.each<[string, Record<string, unknown>, Record<string, unknown>, string | true]>([
    ["more than wanted", base, { ...base, "node_modules/extra": entry("1") }, true],
    [
      "an optional one left out",
      { ...base, "node_modules/o": entry("1", { optional: true }), "packages/m": {}, "node_modules/m": { link: true } },
      base,
      true,
    ],
    [
      "another version",
      { ...base, "node_modules/a": entry("1.0.1") },
      base,
      "a is installed as 1.0.0, package-lock.json says 1.0.1",
    ],
    [
      "another nested version",
      { ...base, "node_modules/@s/b/node_modules/a": entry("0.8.0") },
      base,
      "a is installed as 0.9.0, package-lock.json says 0.8.0",
    ],
    [
      "one is missing",
      { ...base, "node_modules/n": entry("3.0.0") },
      base,
      "n 3.0.0 of package-lock.json is not installed",
    ],
  ])("npm: %s", (_, wanted, present, expected) => {
    const match = matchesLock(npm, lock(wanted), installed(lock(present)));
    expect(expected === true ? match.ok : match.why).toBe(expected);
    expect(match.ok).toBe(expected === true);
  });

  test("npm: a node_modules made by something else, or a lockfile that cannot be read", () => {
    expect(matchesLock(npm, lock(base), installed(null, "a", "@s/b")).ok).toBe(false);
    expect(matchesLock(npm, "{", installed(lock(base))).ok).toBe(false);
  });

  test("pnpm: its copy of the lockfile, settings aside", () => {
    const pnpm = planOf({ "package.json": manifest(), "pnpm-lock.yaml": "" });
    const text = (version: string, settings = ""): string =>
      `lockfileVersion: '9.0'\n${settings}\nimporters:\n\n  .:\n    dependencies:\n      a:\n        version: ${version}\n`;
    const settings = "\nsettings:\n  autoInstallPeers: true\n";
    expect(matchesLock(pnpm, text("1.0.0", settings), installed(text("1.0.0")))).toMatchObject({ ok: true });
    expect(matchesLock(pnpm, text("1.0.1", settings), installed(text("1.0.0")))).toMatchObject({ ok: false });
    expect(matchesLock(pnpm, text("1.0.0"), installed(null)).ok).toBe(false);
  });

  test("without a lockfile, or with one that records nothing comparable, each declared package must be there", () => {
    const none = planOf({ "package.json": manifest() });
    expect(matchesLock(none, null, installed(null, "a", "@s/b"))).toEqual({
      ok: true,
      why: "there is no lockfile; all 2 declared packages have a directory",
    });
    expect(matchesLock(none, null, installed(null, "a"))).toEqual({ ok: false, why: "@s/b is not installed" });
    const yarn = planOf({ "package.json": manifest(), "yarn.lock": "" });
    expect(matchesLock(yarn, "", installed("integrity", "a", "@s/b")).why).toContain(
      "versions were not compared with yarn.lock",
    );
  });

  test("pip: listed requirements by normalised name, versions where pinned", () => {
    const pip = planOf({ "requirements.txt": "My_Package==1.0\nother[extra]>=2\n" });
    expect(matchesLock(pip, "", installed(null, "my-package==1.0", "Other==2.5"))).toMatchObject({ ok: true });
    expect(matchesLock(pip, "", installed(null, "my.package==1.1", "other==2.5")).why).toBe(
      "My_Package is installed as 1.1, wanted is 1.0",
    );
    expect(matchesLock(pip, "", installed(null, "my-package==1.0")).why).toBe("other is not installed");
  });
});
