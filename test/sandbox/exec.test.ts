import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { UsageError } from "../../src/errors.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { limits, MiB } from "./limits.ts";
import { bash, output, workbench } from "./workbench.ts";

const bench = workbench();
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await bench.open({ env: { COLOUR: "green" } });
});

/** Processes that this one has started. */
const childrenCalled = (name: string): number[] =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter((pid) => pid !== "" && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name)
    .map(Number);

describe("a command's result", () => {
  test("has both streams, the exit code and the bytes written", async () => {
    const result = await bash(sandbox, "echo out; echo error >&2; exit 3");
    expect({
      ...result,
      ms: 0,
      stdout: result.stdout.toString("utf8"),
      stderr: result.stderr.toString("utf8"),
    }).toEqual({
      exitCode: 3,
      killed: null,
      stdout: "out\n",
      stderr: "error\n",
      bytes: 10,
      truncated: false,
      ms: 0,
    });
  });

  test("is the command's, however long a busy machine leaves bubblewrap itself without a processor", async () => {
    const workspace = bench.workspace();
    const waiting = await bench.open({ workspace });
    const running = bash(waiting, "while [ ! -e go ]; do read -rt 0.01 < /dev/full; done; exit 3");
    await expect.poll(() => childrenCalled("bwrap").length).toBe(1);
    const [bubblewrap = 0] = childrenCalled("bwrap");
    process.kill(bubblewrap, "SIGSTOP");
    writeFileSync(join(workspace, "go"), "");
    // Longer than claw waits for a first process that is gone without a word.
    await output(sandbox, "sleep 0.5");
    process.kill(bubblewrap, "SIGCONT");
    expect((await running).exitCode).toBe(3);
  });

  test.runIf(existsSync("/usr/bin/strace"))(
    "is the command's, however late one of bubblewrap's own processes gets to end while it is set up",
    async () => {
      const bwrap = join(bench.dir, "slow-bwrap");
      const slow = "/usr/bin/strace -fqq -o /dev/null -e trace=exit_group -e inject=exit_group:delay_enter=30000";
      const script = `#!/bin/bash\n[ -e ${bench.dir}/slow ] && exec ${slow} /usr/bin/bwrap "$@"; exec /usr/bin/bwrap "$@"\n`;
      writeFileSync(bwrap, script, { mode: 0o755 });
      chmodSync(bench.dir, 0o711);
      const policy = { workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none", limits } as const;
      const host = { ...bench.host, stateDir: join(bench.dir, "slow-state"), bwrap };
      const slowly = await openSandbox({ ...policy, workspace: bench.workspace() }, host);
      writeFileSync(join(bench.dir, "slow"), "");
      try {
        expect((await bash(slowly, "exit 3")).exitCode).toBe(3);
      } finally {
        await slowly.close();
      }
    },
  );

  test("keeps the order of both streams when they are merged", async () => {
    const script = "for n in 1 2 3; do echo out $n; echo error $n >&2; done; echo last > /dev/stderr";
    const { stdout, stderr } = await bash(sandbox, script, { merge: true });
    expect(stdout.toString("utf8")).toBe("out 1\nerror 1\nout 2\nerror 2\nout 3\nerror 3\nlast\n");
    expect(stderr.toString("utf8")).toBe("");
  });

  test.each([
    ["the signal that ended it", ["/bin/bash", "-c", "kill -TERM $$"], 143],
    ["that there is no such program", ["no-such-program"], 127],
    ["that the program may not be executed", ["/etc/passwd"], 126],
    ["that the command line is too long", ["/bin/true", "x".repeat(200_000)], 126],
  ])("says %s", async (_name, argv, exitCode) => {
    expect(await sandbox.exec(argv)).toMatchObject({ exitCode, killed: null });
  });

  test("says that the working directory does not exist", async () => {
    const { exitCode, stderr } = await bash(sandbox, "true", { cwd: "/workspace/missing" });
    expect({ exitCode, stderr: stderr.toString("utf8") }).toEqual({
      exitCode: 127,
      stderr: expect.stringContaining("/workspace/missing"),
    });
  });

  test("comes live, too", async () => {
    const chunks: Buffer[] = [];
    await bash(sandbox, "echo one; echo two >&2", { onOutput: (chunk) => chunks.push(chunk) });
    expect(Buffer.concat(chunks).toString("utf8").split("\n").sort()).toEqual(["", "one", "two"]);
  });
});

describe("standard input", () => {
  test("is given whole, and may be left unread or opened again", async () => {
    const bytes = Buffer.alloc(3 * MiB, "x");
    expect(await output(sandbox, "cat /dev/stdin | wc -c", { stdin: bytes })).toBe(String(bytes.length));
    expect(await output(sandbox, "head -c 1", { stdin: bytes })).toBe("x");
  });

  test("is empty when none is given", async () => {
    expect(await output(sandbox, "cat; readlink /proc/self/fd/0")).toBe("/dev/null");
  });
});

test("a command gets exactly the environment of the sandbox, the policy and the call", async () => {
  const names = await output(sandbox, "tr '\\0' '\\n' < /proc/$$/environ | sort", { env: { SHAPE: "round" } });
  const [colour, home, path, shape] = ["COLOUR", "HOME", "PATH", "SHAPE"].map((name) =>
    names.split("\n").find((line) => line.startsWith(`${name}=`)),
  );
  expect({ colour, home, shape }).toEqual({ colour: "COLOUR=green", home: "HOME=/home/agent", shape: "SHAPE=round" });
  expect(path).toMatch(/[=:]\/usr\/bin(?::|$)/);
  expect(names).not.toContain(bench.dir);
});

test.each([
  "AWS_SECRET_ACCESS_KEY",
  "GITHUB_TOKEN",
  "https_proxy",
  "LD_PRELOAD",
  "GIT_DIR",
  "npm_config_registry",
  "A B",
])("the variable %s is refused", async (name) => {
  await expect(bench.open({ env: { [name]: "x" } })).rejects.toThrow(UsageError);
  await expect(bash(sandbox, "true", { env: { [name]: "x" } })).rejects.toThrow(UsageError);
});

test("commands at the same time do not mix their output", async () => {
  const numbers = Array.from({ length: 12 }, (_, index) => index);
  const results = await Promise.all(
    numbers.map((n) => output(sandbox, `for i in 1 2 3 4 5 6; do echo ${n}; sleep 0.01; done | sort -u`)),
  );
  expect(results).toEqual(numbers.map(String));
});

test("home and /tmp stay from one command to the next, and nothing else does", async () => {
  await output(sandbox, "echo kept > /tmp/a; echo kept > ~/b; echo kept > /var/tmp/c; echo lost > /dev/shm/d");
  expect(await output(sandbox, "cat /tmp/a ~/b /tmp/c; ls /dev/shm")).toBe("kept\nkept\nkept");
});

test("what the workspace's tests need works: pipes by name, terminals, Unix sockets, loopback, git", async () => {
  const script = `
    set -e
    echo through > /dev/stdout
    diff <(echo a) <(echo a)
    script -qec true /dev/null
    node -e 'const n = require("net"); const s = n.createServer((c) => c.end("hi")).listen(process.argv[1] === "tcp" ? 0 : "/tmp/socket", () => n.connect(s.address()).on("data", (d) => { console.log(String(d)); s.close(); }))' unix
    node -e 'const n = require("net"); const s = n.createServer((c) => c.end("hi")).listen(0, "127.0.0.1", () => n.connect(s.address().port, "127.0.0.1").on("data", (d) => { console.log(String(d)); s.close(); }))'
    cd /tmp && git init -q r && cd r && git -c user.name=a -c user.email=a@a commit -q --allow-empty -m one && git log --oneline | wc -l
    whoami; hostname`;
  expect((await output(sandbox, script)).split("\n").map((line) => line.trim())).toEqual([
    "through",
    "hi",
    "hi",
    "1",
    "agent",
    "sandbox",
  ]);
});

describe("collecting a file", () => {
  test("gives what the command left, as much of it as is wanted", async () => {
    await output(sandbox, "mkdir -p /tmp/deep/er; printf 0123456789 > /tmp/deep/er/file");
    expect((await sandbox.collect("/tmp/deep/er/file", 100))?.toString("utf8")).toBe("0123456789");
    expect((await sandbox.collect("/tmp/deep/er/file", 4))?.toString("utf8")).toBe("0123");
  });

  test("gives nothing for what is not a plain file reached without links", async () => {
    writeFileSync(join(bench.dir, "secret"), "secret");
    mkdirSync(join(bench.dir, "folder"));
    await output(sandbox, `cd /tmp; ln -s ${bench.dir}/secret link; ln -s ${bench.dir} up; mkfifo pipe; mkdir folder`);
    const found = await Promise.all(
      ["link", "up/secret", "pipe", "folder", "missing", "missing/too"].map((name) =>
        sandbox.collect(`/tmp/${name}`, 10),
      ),
    );
    expect(found).toEqual([null, null, null, null, null, null]);
  });

  test.each(["/tmp", "/tmp/../etc/passwd", "/workspace/a", "tmp/a", "/tmp/a/"])("is refused for %s", async (path) => {
    await expect(sandbox.collect(path, 10)).rejects.toThrow(UsageError);
  });
});

test("the policy's hash names the policy", async () => {
  const workspace = bench.workspace();
  const hashes = await Promise.all(
    [{}, {}, { env: { A: "1" } }, { limits: { ...limits, processes: 7 } }].map(
      async (more) => (await bench.open({ workspace, ...more })).policyHash,
    ),
  );
  expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(hashes[0]).toBe(hashes[1]);
  expect(new Set(hashes).size).toBe(3);
});
