import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { helperCommands } from "../../src/sandbox/file-helper.ts";
import { fileHelper } from "../../src/sandbox/files.ts";
import type { Launched } from "../../src/sandbox/launch.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { limits } from "./limits.ts";
import { bash, output, processesWith, workbench } from "./workbench.ts";

const bench = workbench();
const workspace = bench.workspace({ "a.txt": "one\ntwo\n", "test/a.test.js": "frozen", ".env": "" });
let sandbox: Sandbox;

beforeAll(async () => {
  writeFileSync(join(bench.dir, "secret"), "secret");
  symlinkSync(join(bench.dir, "secret"), join(workspace, "link"));
  sandbox = await bench.open({
    workspace,
    // For commands: with it the helper would be another program.
    env: { PERL5OPT: "-MPlanted" },
    mounts: [{ source: join(workspace, "test/a.test.js"), target: "/workspace/test/a.test.js" }],
  });
});

const files = (): NonNullable<Sandbox["files"]> => {
  if (!sandbox.files) throw new Error("this sandbox has no helper for files");
  return sandbox.files;
};
const read = async (path: string, maxBytes = 1000): Promise<string> => {
  const { bytes, problem } = await files().read(path, maxBytes);
  return problem === "" ? bytes.toString("latin1") : (problem.split(": ").at(-1) ?? "");
};
const write = async (path: string, text: string): Promise<string> => {
  const { problem } = await files().write(path, Buffer.from(text, "latin1"));
  return problem === "" ? "written" : (problem.split(": ").at(-1) ?? "");
};

describe("the helper for files", () => {
  test("gives and takes any bytes under any name, and as many as are wanted", async () => {
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
    for (const name of ["-n", "--", "-", "a b\n'\"$(id)*", "deep/er/ü", "write"]) {
      expect([name, await write(name, bytes + name)]).toEqual([name, "written"]);
      expect(await read(name)).toBe(Buffer.from(bytes + name, "latin1").toString("latin1"));
    }
    expect([await read("a.txt", 3), await write("empty", ""), await read("empty")]).toEqual(["one", "written", ""]);
    expect(await read("/dev/zero", 2 ** 20)).toBe("\0".repeat(2 ** 20));
  });

  test("sees what commands see, and nothing of the host", async () => {
    expect(await Promise.all(["link", join(bench.dir, "secret"), "/proc/1/environ"].map((path) => read(path)))).toEqual(
      ["No such file or directory", "No such file or directory", expect.stringMatching(/^(?:_=[^\0]*\0)?$/)],
    );
    expect(await read("../../../../../etc/shadow")).toBe("No such file or directory");
    expect(await write("/usr/planted", "x")).toBe("Read-only file system");
    expect(await write(".git/config", "x")).toBe("Read-only file system");
    expect(await write("link", "x")).toBe("No such file or directory");
    expect(readFileSync(join(bench.dir, "secret"), "utf8")).toBe("secret");
    expect([await read("a\0b"), await read(".")]).toEqual(["Invalid argument", "Is a directory"]);
    expect(await write("a/".repeat(200_000), "x")).toBe("File name too long");
  });

  test("and commands see each other's files, and modes and links stay", async () => {
    await output(sandbox, "echo '#!/bin/sh' > run; chmod 700 run; ln -s run linked");
    expect(await write("linked", "#!/bin/sh\necho ran\n")).toBe("written");
    expect(await output(sandbox, "./run")).toBe("ran");
    expect(lstatSync(join(workspace, "linked")).isSymbolicLink()).toBe(true);
  });

  test("keeps frozen files frozen, also when their directory was replaced meanwhile", async () => {
    expect(await write("test/a.test.js", "x")).toBe("Read-only file system");
    await output(sandbox, `mv test old && mkdir test && ln -s ${bench.dir}/secret test/a.test.js`);
    expect([await read("test/a.test.js"), await write("test/a.test.js", "x")]).toEqual([
      "frozen",
      "Read-only file system",
    ]);
  });

  test("waits for nobody who gives up, and works on afterwards", async () => {
    await output(sandbox, "mkfifo endless");
    expect([await read("endless"), await write("endless", "x".repeat(100_000))]).toEqual(["Is a pipe", "Is a pipe"]);
    const stop = new AbortController();
    const waiting = files().read("a.txt", 10, stop.signal);
    const next = read("a.txt");
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(await next).toBe("one\ntwo\n");
  });

  test("comes back when it was killed", async () => {
    await read("a.txt");
    const helpers = processesWith("sub send_all");
    expect(helpers).not.toEqual([]);
    // One of them may take the others with it.
    for (const pid of helpers) spawnSync("kill", ["-KILL", `${pid}`]);
    expect(await read("a.txt")).toBe("one\ntwo\n");
  });

  test("answers many at once in their order, and is gone with its sandbox", async () => {
    const own = await bench.open({ limits: { ...limits, fileBytes: 2 ** 20 } });
    expect(await own.files?.write("large", Buffer.alloc(2 ** 20 + 1))).toMatchObject({ problem: "File too large" });
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`.repeat(n * 997));
    await Promise.all(texts.map(async (text) => own.files?.write("same", Buffer.from(text))));
    expect((await own.files?.read("same", 1e6))?.bytes.toString("utf8")).toBe(texts.at(-1));
    expect((await bash(own, "grep -la 'sub send_al[l]' /proc/[0-9]*/cmdline")).stdout.toString("utf8")).toBe("");
    await own.close();
    await expect(own.files?.read("same", 1)).rejects.toThrow("closed");
  });
});

test.each(Object.entries(helperCommands))("the helper does the same in %s", async (_name, [program, ...argv]) => {
  const cwd = bench.workspace({ "a.txt": "one\ntwo\n", "folder/b": "" });
  spawnSync("/usr/bin/mkfifo", [join(cwd, "pipe")]);
  const launch = (): Launched => {
    const child = spawn(program, argv, { cwd, stdio: ["pipe", "pipe", "inherit"] });
    const exited = once(child, "exit").then(() => ({ code: 0, signal: null }));
    return { ...child, init: () => null, kill: () => void child.kill(), exited };
  };
  const helper = fileHelper({ maxBytes: 5000, launch, places: () => "", inTurn: (work) => work() });
  const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => index % 256));
  const said = async (answer: Promise<{ readonly problem: string }>): Promise<string> =>
    (await answer).problem.split(": ").at(-1) ?? "";
  expect(await said(helper.write("new/deep er/-n", bytes))).toBe("");
  expect(await said(helper.write("a.txt", Buffer.from("\0")))).toBe("");
  expect(await Promise.all([helper.read("new/deep er/-n", 5000), helper.read("a.txt", 9)])).toEqual([
    { bytes, problem: "" },
    { bytes: Buffer.from("\0"), problem: "" },
  ]);
  expect((await helper.read("new/deep er/-n", 7)).bytes).toEqual(bytes.subarray(0, 7));
  expect(await Promise.all(["folder", "nothing", "pipe"].map((path) => said(helper.read(path, 9))))).toEqual([
    "Is a directory",
    "No such file or directory",
    "Is a pipe",
  ]);
  const refused = ["folder", "a.txt/below", "pipe"].map((path) => said(helper.write(path, bytes)));
  expect(await Promise.all(refused)).toEqual(["Is a directory", "Not a directory", "Is a pipe"]);
  expect((await helper.read("new/deep er/-n", 5000)).bytes).toEqual(bytes);
  await helper.close();
});
