import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type DependencyMount, linkDependencies } from "../../src/repo/dependencies.ts";
import { findInstalled } from "../../src/repo/installed.ts";
import { environmentVariables } from "../../src/repo/python-environment.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { defaultLimits } from "../../src/workflows/sandboxes.ts";

/** A place that keeps its path in the sandbox, unless the project itself lies below /tmp. */
const project = join(import.meta.dirname, "../../node_modules");

const made: string[] = [];
afterEach(() => made.splice(0).forEach((path) => rmSync(path, { recursive: true, force: true })));

function temporary(parent = realpathSync(tmpdir())): string {
  const directory = mkdtempSync(join(parent, "claw-deps-"));
  made.push(directory);
  return directory;
}

function write(directory: string, files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** Runs a command with the workspace at /workspace and the mounts in their places, in a real bubblewrap. */
function inside(
  workspace: string,
  mounts: readonly DependencyMount[],
  command: string,
  env: Record<string, string> = {},
) {
  const bind = mounts.flatMap(({ source, target }) => ["--ro-bind", source, target]);
  const lib64 = existsSync("/lib64") ? ["--symlink", "usr/lib64", "/lib64"] : [];
  const base = ["--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", ...lib64];
  const node = ["--ro-bind", dirname(realpathSync(process.execPath)), "/node"];
  const rest = [
    "--proc",
    "/proc",
    "--dev",
    "/dev",
    "--tmpfs",
    "/tmp",
    "--bind",
    workspace,
    "/workspace",
    "--chdir",
    "/workspace",
    "--unshare-all",
  ];
  const set = Object.entries({ PATH: "/workspace/node_modules/.bin:/node:/usr/bin", HOME: "/tmp", ...env }).flatMap(
    ([key, value]) => ["--setenv", key, value],
  );
  const ran = spawnSync(
    "bwrap",
    [...base, ...node, ...rest, ...bind, "--clearenv", ...set, "/bin/bash", "-c", command],
    { encoding: "utf8" },
  );
  return { status: ran.status, out: ran.stdout.trim(), err: ran.stderr };
}

const says = (name: string, more = "''"): string => `exports.name = "${name}"; exports.more = ${more};`;

/** An npm workspace as npm lays it out: hoisted packages, a second version below one package, links to the members. */
function monorepo(): string {
  const root = temporary();
  write(root, {
    "node_modules/left/index.js": says("left 1", 'require("right").name'),
    "node_modules/right/index.js": says("right"),
    "node_modules/@out/plain/index.js": says("plain"),
    "node_modules/@mine/other/index.js": says("other"),
    "node_modules/.package-lock.json": '{"packages":{}}',
    "node_modules/.vite/cache.json": "{}",
    "packages/a/index.js": says("a of the user's tree"),
    "packages/a/node_modules/left/index.js": says("left 2", 'require("right").name'),
  });
  symlinkSync("../../packages/a", join(root, "node_modules/@mine/a"));
  symlinkSync("../packages/a", join(root, "node_modules/linked"));
  symlinkSync("/etc", join(root, "node_modules/elsewhere"));
  symlinkSync("nowhere", join(root, "node_modules/dangling"));
  return root;
}

const dirs = ["node_modules", "packages/a/node_modules", ".venv", "venv"];

describe("node_modules", () => {
  test("is found where it is, with its record and its packages", async () => {
    const root = monorepo();
    const found = await findInstalled(root, dirs);
    expect(found.map(({ dir, record, packages }) => ({ dir, record, packages }))).toEqual([
      {
        dir: "node_modules",
        record: '{"packages":{}}',
        packages: ["@mine/a", "@mine/other", "@out/plain", "dangling", "elsewhere", "left", "linked", "right"],
      },
      { dir: "packages/a/node_modules", record: null, packages: ["left"] },
    ]);
  });

  test("in the sandbox packages resolve as in the user's tree, and members of the repository are the workspace's own", async () => {
    const root = monorepo();
    const workspace = temporary();
    write(workspace, {
      "packages/a/index.js": says("a of the workspace", 'require("left").name + "+" + require("left").more'),
    });
    const mounts = await linkDependencies(workspace, await findInstalled(root, dirs));
    const ran = inside(
      workspace,
      mounts,
      `node -p '["left", "@mine/a", "linked", "@mine/other", "@out/plain"].map((n) => require(n).name + "/" + require(n).more).join()'`,
    );
    expect(ran.out).toBe("left 1/right,a of the workspace/left 2+right,a of the workspace/left 2+right,other/,plain/");
  });

  test("caches are private and writable, packages cannot be changed, links out of the repository are not offered", async () => {
    const root = monorepo();
    const workspace = temporary();
    const mounts = await linkDependencies(workspace, await findInstalled(root, dirs));
    expect(readdirSync(join(workspace, "node_modules"))).not.toContain(".vite");
    expect(readdirSync(join(workspace, "node_modules"))).not.toContain("elsewhere");
    expect(readdirSync(join(workspace, "node_modules"))).not.toContain("dangling");
    const ran = inside(
      workspace,
      mounts,
      "mkdir node_modules/.vite && touch node_modules/.vite/x && ! touch node_modules/left/x && ! rm node_modules/left/index.js && echo kept",
    );
    expect(ran.out).toBe("kept");
    expect(readdirSync(join(root, "node_modules/.vite"))).toEqual(["cache.json"]);
  });

  test("what the commit brought stays, and no link in a workspace is followed", async () => {
    const root = monorepo();
    const sources = await findInstalled(root, dirs);
    const outside = temporary();
    const [linked, tracked, parent] = [temporary(), temporary(), temporary()];
    symlinkSync(outside, join(linked, "node_modules"));
    write(tracked, { "node_modules/own/index.js": "" });
    mkdirSync(join(parent, "packages"));
    symlinkSync(outside, join(parent, "packages/a"));
    expect(await linkDependencies(linked, sources)).toEqual([]);
    expect(await linkDependencies(tracked, sources)).toEqual([]);
    expect((await linkDependencies(parent, sources)).map(({ target }) => target)).toEqual(["/deps/node_modules"]);
    expect(readdirSync(join(tracked, "node_modules"))).toEqual(["own"]);
    expect(readdirSync(outside)).toEqual([]);
  });

  test("linking again mends what is missing, and does not write through a link put there meanwhile", async () => {
    const root = monorepo();
    const sources = await findInstalled(root, ["node_modules"]);
    const [workspace, outside] = [temporary(), temporary()];
    const first = await linkDependencies(workspace, sources);
    rmSync(join(workspace, "node_modules/left"));
    rmSync(join(workspace, "node_modules/@mine"), { recursive: true });
    symlinkSync(outside, join(workspace, "node_modules/@mine"));
    expect(await linkDependencies(workspace, sources)).toEqual(first);
    expect(readlinkSync(join(workspace, "node_modules/left"))).toBe("/deps/node_modules/left");
    expect(readdirSync(outside)).toEqual([]);
  });

  test("pnpm's layout: links into its store are kept, links from a member lead into the root's store", async () => {
    const root = temporary();
    write(root, {
      "node_modules/.pnpm/x@1/node_modules/x/index.js": says("x", 'require("y").name'),
      "node_modules/.pnpm/y@1/node_modules/y/index.js": says("y"),
    });
    symlinkSync("../../y@1/node_modules/y", join(root, "node_modules/.pnpm/x@1/node_modules/y"));
    symlinkSync(".pnpm/x@1/node_modules/x", join(root, "node_modules/x"));
    mkdirSync(join(root, "packages/a/node_modules"), { recursive: true });
    symlinkSync("../../../node_modules/.pnpm/y@1/node_modules/y", join(root, "packages/a/node_modules/y"));
    const workspace = temporary();
    write(workspace, { "packages/a/index.js": says("a", 'require("y").name') });
    const mounts = await linkDependencies(workspace, await findInstalled(root, dirs));
    expect(inside(workspace, mounts, `node -p 'require("x").more + require("./packages/a").more'`).out).toBe("yy");
  });

  test("a real vitest runs from the farm of a node_modules that is itself a link", async () => {
    const [root, workspace] = [temporary(), temporary()];
    symlinkSync(join(import.meta.dirname, "../../node_modules"), join(root, "node_modules"));
    write(workspace, {
      "a.test.ts": 'import { expect, test } from "vitest"; test("adds", () => { expect(1 + 1).toBe(2); });',
    });
    const mounts = await linkDependencies(workspace, await findInstalled(root, ["node_modules"]));
    expect(lstatSync(join(workspace, "node_modules")).isDirectory()).toBe(true);
    const ran = inside(workspace, mounts, "vitest run");
    expect([ran.status, ran.out, ran.err]).toEqual([0, expect.stringMatching(/1 passed/), ""]);
  });
});

describe("a Python environment", () => {
  test("runs in the workspace, read-only, and editable installs of the user's tree mean the workspace", async () => {
    const root = temporary(project);
    execFileSync("python3", ["-m", "venv", "--without-pip", join(root, ".venv")]);
    const site = join(root, ".venv/lib", readdirSync(join(root, ".venv/lib"))[0] ?? "", "site-packages");
    write(site, {
      "helper.py": "value = 40\n",
      "helper-1.2.dist-info/METADATA": "Name: helper\n",
      "__editable__.mine-0.1.pth": `${root}/src\nimport sys\n`,
      "__editable___found_0_1_finder.py": `MAPPING: dict[str, str] = {'found': '${root}/lib/found'}\n`,
    });
    write(root, { "src/mine.py": "raise SystemExit('the user\\'s own file')\n" });
    const workspace = temporary();
    write(workspace, { "src/mine.py": "value = 1\n", "lib/found/__init__.py": "value = 1\n" });

    const found = await findInstalled(root, dirs);
    expect(found.map(({ dir, packages }) => ({ dir, packages }))).toEqual([
      { dir: ".venv", packages: ["helper==1.2"] },
    ]);
    const mounts = await linkDependencies(workspace, found);
    const shown = ["/workspace/.venv", ...(/^(?:\/var)?\/tmp\//.test(root) ? [] : [join(root, ".venv")])];
    expect(mounts.filter(({ source }) => source === join(root, ".venv")).map(({ target }) => target)).toEqual(shown);
    const code = "import helper, mine, found; print(helper.value + mine.value + found.value)";
    const env = { ...(await environmentVariables(found)), PYTHONDONTWRITEBYTECODE: "1" };
    expect(env).toMatchObject({ PYTHONPATH: "/workspace/src:/workspace/lib" });
    const state = temporary();
    const host = { path: process.env["PATH"] ?? "", home: join(state, "home"), stateDir: state };
    const policy = {
      workspace,
      workspaceMode: "rw",
      git: null,
      mounts,
      env,
      network: "none",
      limits: defaultLimits,
    } as const;
    const sandbox = await openSandbox(policy, host);
    const command = `for venv in ${shown.join(" ")}; do $venv/bin/python -c '${code}'; done; ! touch .venv/x`;
    const ran = await sandbox.exec(["/bin/bash", "-c", command]);
    await sandbox.close();
    expect([ran.stdout.toString(), ran.exitCode]).toEqual(["42\n".repeat(shown.length), 0]);
    expect(await linkDependencies(workspace, found)).toEqual(mounts);
  });

  test("one that the commit brought is left alone, and a directory that is none is not mounted", async () => {
    const [root, workspace] = [temporary(), temporary()];
    write(root, { ".venv/pyvenv.cfg": "home = /usr/bin\n", "venv/README": "not an environment" });
    write(workspace, { ".venv/bin/python": "planted" });
    const found = await findInstalled(root, dirs);
    expect(found.map(({ dir }) => dir)).toEqual([".venv"]);
    expect(await linkDependencies(workspace, found)).toEqual([]);
  });

  test("a lone interpreter in a home directory does not show that directory", async () => {
    const root = temporary(project);
    write(root, {
      ".venv/pyvenv.cfg": "",
      "home/bin/python3": "",
      "home/lib/python3.11/site-packages/x.py": "",
      "home/secret": "",
    });
    mkdirSync(join(root, ".venv/bin"));
    symlinkSync(join(root, "home/bin/python3"), join(root, ".venv/bin/python"));
    const mounts = await linkDependencies(temporary(), await findInstalled(root, dirs));
    expect(mounts.filter(({ source }) => source !== join(root, ".venv"))).toEqual([]);
    expect(mounts).not.toEqual([]);
  });
});
