import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { namesOf } from "../../src/sandbox/on-host/names.ts";
import { openWithoutSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { limits } from "./limits.ts";
import { bash, output, processesWith, workbench } from "./workbench.ts";

const bench = workbench();

async function open(
  workspace: string,
  { close = true, ...other }: Partial<SandboxPolicy> & { readonly close?: boolean } = {},
): Promise<Sandbox> {
  const base = { workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none", limits } as const;
  const box = await openWithoutSandbox({ ...base, workspace, ...other }, bench.host);
  if (close) onTestFinished(() => box.close());
  return box;
}

test("without a sandbox commands run on the host under the same names as in one, with nothing of claw's environment", async () => {
  const workspace = bench.workspace({ "a.txt": "one\n" });
  const box = await open(workspace, { env: { STAGE: "test", WHERE: "/workspace/a.txt" } });
  expect({ backend: box.backend, degraded: box.degraded }).toEqual({ backend: "none", degraded: ["no-sandbox"] });
  expect(
    await output(box, "pwd; cat $WHERE; echo $STAGE; echo two > /workspace/b.txt; echo ${HOME} ${CLAW_HOME-none}"),
  ).toBe("/workspace\none\ntest\n/home/agent none");
  expect(readFileSync(join(workspace, "b.txt"), "utf8")).toBe("two\n");
  await output(box, "echo file:///workspace/a.txt > /tmp/report");
  expect((await box.collect("/tmp/report", 100))?.toString()).toBe("file:///workspace/a.txt\n");
  expect((await box.exec(["no-such-command"])).exitCode).toBe(127);
  expect((await box.exec(["cat"], { stdin: "/workspace" })).stdout.toString()).toBe("/workspace");
  expect((await bash(box, "kill -9 $$")).exitCode).toBe(137);
});

test("without a sandbox files are read and written byte for byte", async () => {
  const workspace = bench.workspace({ "a.txt": "" });
  const box = await open(workspace);
  const text = `in ${workspace}, /workspace and /tmp/claw-x\n`;
  expect(await box.files?.write("new/b.txt", Buffer.from(text))).toMatchObject({ problem: "" });
  expect(readFileSync(join(workspace, "new/b.txt"), "utf8")).toBe(text);
  expect((await box.files?.read("/workspace/new/b.txt", 1000))?.bytes.toString()).toBe(text);
  expect((await box.files?.read("missing", 10))?.problem).toContain("No such file");
});

test("without a sandbox time, output and the caller's patience end a command with its group", async () => {
  const box = await open(bench.workspace(), { limits: { ...limits, outputKillBytes: 2 ** 20 } });
  const word = `unboxed-${process.pid}`;
  const slow = `(exec -a ${word} sleep 60) & exec -a ${word} sleep 60`;
  expect(await bash(box, slow, { wallMs: 300 })).toMatchObject({ killed: "timeout", exitCode: 124 });
  expect(processesWith(word)).toEqual([]);
  expect(await bash(box, "cat /dev/zero")).toMatchObject({ killed: "output", exitCode: 125 });
  await expect(bash(box, "sleep 60", { signal: AbortSignal.timeout(200) })).rejects.toThrow("timeout");
});

test("without a sandbox what left its command's group is ended after it, and what a killed claw left with the next one", async () => {
  const box = await open(bench.workspace());
  const [word, left] = [`daemon-${process.pid}`, `left-${process.pid}`];
  const daemon = `setsid bash -c "exec -a ${word} sleep 60" < /dev/null > /dev/null 2>&1 & sleep 0.2; echo done`;
  expect(await output(box, daemon)).toBe("done");
  expect(processesWith(word)).toEqual([]);
  const boxes = readdirSync(join(bench.host.stateDir, "boxes")).map((name) => name.split("."));
  const [boot, pids] = boxes.find(([, , pid]) => pid === `${process.pid}`) ?? [];
  const env = { CLAW_BOX: `claw-${boot}.${pids}.4194303.gone.1.` };
  spawn("/bin/bash", ["-c", `exec -a ${left} sleep 60`], { env, detached: true, stdio: "ignore" }).unref();
  await expect.poll(() => processesWith(left).length).toBe(1);
  await open(bench.workspace());
  await expect.poll(() => processesWith(left)).toEqual([]);
});

test("without a sandbox git has its disposable directory, packages their links, and nothing of both stays", async () => {
  const workspace = bench.workspace({ "a.txt": "one\n" });
  const packages = bench.workspace({ "left/index.js": "module.exports = 7;\n" });
  const environment = bench.workspace({ "bin/tool": "" });
  mkdirSync(join(workspace, "node_modules"));
  symlinkSync("/deps/node_modules/left", join(workspace, "node_modules/left"));
  execFileSync("git", ["init", "-q"], { cwd: workspace });
  const dir = join(bench.dir, "disposable");
  renameSync(join(workspace, ".git"), dir);
  mkdirSync(join(workspace, ".git"));
  const mounts = [
    { source: packages, target: "/deps/node_modules" },
    { source: environment, target: "/workspace/.venv" },
  ];
  const box = await open(workspace, { git: { dir, objects: [] }, mounts, close: false });
  const script =
    "node -p 'require(\"left\")'; ls .venv; git add a.txt && git -c user.name=a -c user.email=a@a commit -qm x && git log --format=%s";
  expect(await output(box, script)).toBe("7\nbin\nx");
  expect(existsSync(join(workspace, ".venv"))).toBe(false);
  await box.close();
  expect(readdirSync(join(workspace, ".git"))).toEqual([]);
  expect(readlinkSync(join(workspace, "node_modules/left"))).toBe("/deps/node_modules/left");
});

test("names are changed where they stand alone, and never twice", () => {
  const names = namesOf({ workspace: "/tmp/w", mounts: [] }, { home: "/tmp/h", tmp: "/tmp/t" });
  expect(names.toHost("cd /workspace/a && cp /tmp/x '/tmp' /workspaces ./tmp a/tmp file:///workspace/b")).toBe(
    "cd /tmp/w/a && cp /tmp/t/x '/tmp/t' /workspaces ./tmp a/tmp file:///tmp/w/b",
  );
  expect(names.ownToHost("/tmp/claw-x /tmp/x /workspace")).toBe("/tmp/t/claw-x /tmp/x /workspace");
  expect(names.toInside(Buffer.from("/tmp/w/a:1 /tmp/t/x /tmp/wide")).toString()).toBe(
    "/workspace/a:1 /tmp/x /tmp/wide",
  );
  expect(() => namesOf({ workspace: "/a b", mounts: [] }, { home: "/h", tmp: "/t" })).toThrow("blanks");
});
