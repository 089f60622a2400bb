import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { UsageError, WorkspaceError } from "../../src/errors.ts";
import type { Mount } from "../../src/sandbox/sandbox.ts";
import { bash, output, workbench } from "./workbench.ts";

const bench = workbench();

describe("a mount in the workspace", () => {
  test("works where nothing is yet, and leaves nothing behind", async () => {
    const packages = bench.workspace({ "left-pad/index.js": "module.exports = 1" });
    const config = join(bench.workspace({ "x.json": "{}" }), "x.json");
    const workspace = bench.workspace({ "a.txt": "a" });
    const mounts = [
      { source: config, target: "/workspace/packages/deep/x.json" },
      { source: packages, target: "/workspace/node_modules" },
    ];
    const sandbox = await bench.open({ workspace, mounts });
    expect(await output(sandbox, "node -p 'require(\"left-pad\")'; cat packages/deep/x.json")).toBe("1\n{}");
    expect(
      (await bash(sandbox, "echo x > node_modules/left-pad/index.js || touch node_modules/new || rm -r node_modules"))
        .exitCode,
    ).not.toBe(0);
    await sandbox.close();
    expect(readdirSync(workspace)).toEqual(["a.txt"]);
  });

  test("may be writable", async () => {
    const cache = bench.workspace();
    const sandbox = await bench.open({ mounts: [{ source: cache, target: "/workspace/.cache", writable: true }] });
    await output(sandbox, "echo kept > .cache/file");
    expect(readFileSync(join(cache, "file"), "utf8")).toBe("kept\n");
  });

  test("is never made through a link", async () => {
    const outside = bench.workspace();
    const packages = bench.workspace();
    const workspace = bench.workspace();
    symlinkSync(outside, join(workspace, "lib"));
    await expect(
      bench.open({ workspace, mounts: [{ source: packages, target: "/workspace/lib/vendor" }] }),
    ).rejects.toThrow(WorkspaceError);
    expect(readdirSync(outside)).toEqual([]);
  });

  test("takes the place of a link that a command put there", async () => {
    const outside = bench.workspace();
    const packages = bench.workspace({ "here.txt": "here" });
    const workspace = bench.workspace({ "lib/vendor/a.txt": "" });
    const sandbox = await bench.open({ workspace, mounts: [{ source: packages, target: "/workspace/lib/vendor" }] });
    await output(sandbox, `mv lib moved && ln -s ${outside} lib`);
    expect(await output(sandbox, "cat lib/vendor/here.txt")).toBe("here");
    expect(readdirSync(outside)).toEqual([]);
  });
});

test("what a mount hides stays hidden, whatever commands move before the next one", async () => {
  const workspace = bench.workspace({ "apps/web/.env": "canary", "apps/web/a.js": "a", "other/b.js": "b" });
  const source = join(bench.workspace({ empty: "" }), "empty");
  const sandbox = await bench.open({
    workspace,
    mounts: [{ source, target: "/workspace/apps/web/.env", hides: true }],
  });
  const moves = ["mv apps moved", "mv apps/web moved", "rm -rf apps"];
  for (const move of moves) expect((await bash(sandbox, move)).exitCode).not.toBe(0);
  expect(
    await output(
      sandbox,
      "grep -rl canary . || true; echo a > apps/web/b.js; mv apps/web/b.js other; cat other/b.js apps/web/.env",
    ),
  ).toBe("a");
  expect((await sandbox.files?.read("apps/web/.env", 100))?.bytes.toString()).toBe("");
  expect(readFileSync(join(workspace, "apps/web/.env"), "utf8")).toBe("canary");
});

describe("a frozen file of the workspace", () => {
  const frozen = (workspace: string): Mount => ({
    source: join(workspace, "test/a.test.js"),
    target: "/workspace/test/a.test.js",
  });

  test("cannot be edited, deleted, renamed or replaced", async () => {
    const workspace = bench.workspace({ "test/a.test.js": "frozen", "other.js": "other" });
    const sandbox = await bench.open({ workspace, mounts: [frozen(workspace)] });
    const attempts = [
      "echo x > test/a.test.js",
      "rm -f test/a.test.js",
      "mv test/a.test.js b.js",
      "mv -f other.js test/a.test.js",
      "ln -sf /etc/passwd test/a.test.js",
      "chmod 777 test/a.test.js",
    ];
    const codes = await Promise.all(attempts.map(async (attempt) => (await bash(sandbox, attempt)).exitCode));
    expect(codes.every((code) => code !== 0)).toBe(true);
    expect(readFileSync(join(workspace, "test/a.test.js"), "utf8")).toBe("frozen");
    expect(await output(sandbox, "cat test/a.test.js; echo new > test/b.test.js")).toBe("frozen");
  });

  test("is back for the next command when its directory was replaced, and shows nothing of the host", async () => {
    writeFileSync(join(bench.dir, "secret"), "secret");
    const workspace = bench.workspace({ "test/a.test.js": "frozen" });
    const sandbox = await bench.open({ workspace, mounts: [frozen(workspace)] });
    await output(sandbox, `mv test old && mkdir test && ln -s ${bench.dir}/secret test/a.test.js`);
    expect(await output(sandbox, "cat test/a.test.js")).toBe("frozen");
  });

  test("makes commands take turns, as one could move the directory while the next one mounts in it", async () => {
    const workspace = bench.workspace({ "test/a.test.js": "frozen" });
    const sandbox = await bench.open({ workspace, mounts: [frozen(workspace)] });
    const codes = await Promise.all(
      [1, 2, 3].map(async () => (await bash(sandbox, "mkdir /tmp/turn && sleep 0.05 && rmdir /tmp/turn")).exitCode),
    );
    expect(codes).toEqual([0, 0, 0]);
  });

  test("is refused when it is a link", async () => {
    const workspace = bench.workspace();
    mkdirSync(join(workspace, "test"));
    symlinkSync("/etc/hostname", join(workspace, "test/a.test.js"));
    await expect(bench.open({ workspace, mounts: [frozen(workspace)] })).rejects.toThrow(WorkspaceError);
  });
});

test.each([
  ["a parent of claw's state", () => ({ source: bench.dir, target: "/x" })],
  ["the whole root", () => ({ source: "/", target: "/x" })],
  ["something that is not there", () => ({ source: "/no/such/place", target: "/x" })],
  ["a relative path", () => ({ source: "usr", target: "/x" })],
  ["over the system", () => ({ source: "/usr/share", target: "/usr/bin" })],
  ["over /proc", () => ({ source: "/usr/share", target: "/proc/sys" })],
  ["over the git directory", () => ({ source: "/usr/share", target: "/workspace/.git/hooks" })],
  ["out of its place", () => ({ source: "/usr/share", target: "/workspace/../etc" })],
])("mounting %s is refused", async (_name, mount) => {
  await expect(bench.open({ mounts: [mount()] })).rejects.toThrow(UsageError);
});

test("a git directory in the workspace, or a pointer in place of .git, is refused", async () => {
  const workspace = bench.workspace({ "git/HEAD": "" });
  await expect(bench.open({ workspace, git: { dir: join(workspace, "git"), objects: [] } })).rejects.toThrow(
    UsageError,
  );
  await expect(bench.open({ workspace: bench.workspace({ ".git": "gitdir: /etc" }) })).rejects.toThrow(WorkspaceError);
});

test("only toolchains of the user's PATH are shown of the user's home", async () => {
  const home = bench.workspace({
    ".nvm/versions/node/v1/bin/tool": "#!/bin/sh\necho nvm",
    ".nvm/alias/default": "v1",
    "project/node_modules/.bin/eslint": "secret",
    "project/node_modules/pinned/bin/node": "#!/bin/sh\necho pinned",
    "project/secret": "secret",
    ".cargo/bin/cargo-x": "#!/bin/sh\necho cargo",
    ".cargo/credentials.toml": "secret",
    ".ssh/id": "secret",
  });
  symlinkSync("../pinned/bin/node", join(home, "project/node_modules/.bin/node"));
  const { findToolchains } = await import("../../src/sandbox/toolchains.ts");
  const path = [".nvm/versions/node/v1/bin", "project/node_modules/.bin", ".cargo/bin", ".", "missing"]
    .map((name) => join(home, name))
    .join(":");
  const found = await findToolchains({ path: `${path}:relative:/usr/bin`, home });
  const real = realpathSync(home);
  expect(found.directories).toEqual([`${real}/.cargo/bin`, `${real}/.nvm`, `${real}/project/node_modules/pinned/bin`]);
  expect(found.path).toBe(
    [
      `${real}/.nvm/versions/node/v1/bin`,
      `${real}/project/node_modules/pinned/bin`,
      `${real}/.cargo/bin`,
      "/usr/bin",
      "/usr/local/bin",
      "/bin",
    ].join(":"),
  );
  expect(existsSync(join(home, ".ssh/id"))).toBe(true);
});

test("the program found first on the user's PATH is the one found inside", async () => {
  const outside = execFileSync("node", ["-p", "process.version"], { env: { PATH: bench.host.path }, encoding: "utf8" });
  expect(await output(await bench.open(), "node -p process.version")).toBe(outside.trim());
});
