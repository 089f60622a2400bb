import { execFileSync, spawn } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { bash, output, processesWith, succeedsOutside, workbench } from "./workbench.ts";

const bench = workbench();
const isRoot = process.getuid?.() === 0;
const secret = `secret-${process.pid}-${bench.dir.slice(-6)}`;
const beside = join(bench.dir, "beside-the-workspace");
const listener = createServer((socket) => socket.destroy());
const neighbour = spawn("/bin/bash", ["-c", `exec -a ${secret} sleep 600`], { stdio: "ignore" });
const workspace = bench.workspace({ "own.txt": "own\n" });
let sandbox: Sandbox;

beforeAll(async () => {
  writeFileSync(beside, `${secret}\n`);
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  sandbox = await bench.open({ workspace });
});
afterAll(() => {
  neighbour.kill("SIGKILL");
  listener.close();
});

/** Each script exits with 0 when it got through. */
const attempts: readonly { readonly name: string; readonly script: () => string; readonly onlyRoot?: boolean }[] = [
  { name: "read a file beside the workspace", script: () => `cat ${beside}` },
  { name: "list the directory beside the workspace", script: () => `ls ${bench.dir}` },
  { name: "read a file through a link planted in the workspace", script: () => `ln -sfn ${beside} link && cat link` },
  {
    name: "read a file through /proc/1/root",
    script: () => `cat /proc/1/root${beside} || cat /proc/self/root${beside}`,
  },
  { name: "write outside", script: () => `echo x > ${bench.dir}/planted` },
  {
    name: "write to the kernel's settings",
    script: () => `v=$(cat /proc/sys/vm/swappiness) && echo $v > /proc/sys/vm/swappiness`,
    onlyRoot: true,
  },
  { name: "change the mode of a device", script: () => "chmod 666 /dev/full", onlyRoot: true },
  { name: "make a device", script: () => "rm -f node && mknod node c 1 3", onlyRoot: true },
  {
    name: "find a secret in any environment",
    script: () => `cat /proc/self/environ /proc/1/environ /proc/[0-9]*/environ 2>/dev/null | grep -qa ${secret}`,
  },
  {
    name: "see a process of the host",
    script: () =>
      `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q ${secret.replace("secret", "secre[t]")}`,
  },
  {
    name: "signal a process of the host",
    script: () =>
      `kill -0 ${neighbour.pid} && grep -qa ${secret.replace("secret", "secre[t]")} /proc/${neighbour.pid}/cmdline`,
  },
  {
    name: "reach a listener on loopback",
    script: () => `exec 3<>/dev/tcp/127.0.0.1/${(listener.address() as AddressInfo).port}`,
  },
  {
    name: "see a network interface besides loopback, or loopback's users",
    script: () => "grep -qvE '^ *lo:|\\|' /proc/net/dev",
  },
  { name: "make a user namespace", script: () => "unshare --user --map-root-user true" },
  { name: "mount", script: () => "mkdir -p m && unshare --mount mount -t tmpfs none m", onlyRoot: true },
  { name: "read the kernel's keys", script: () => "grep -q . /proc/keys", onlyRoot: true },
];

describe("a command cannot", () => {
  test.each(attempts.filter(({ onlyRoot }) => isRoot || !onlyRoot))("$name", async ({ script }) => {
    expect(succeedsOutside(script(), bench.workspace(), { SECRET: secret }), "without the sandbox").toBe(true);
    const { exitCode, stdout } = await bash(sandbox, script());
    expect({ through: exitCode === 0, stdout: stdout.toString("utf8").replace(secret, "SECRET") }).toEqual({
      through: false,
      stdout: "",
    });
  });
});

test("a Unix socket of its own is a command's to have", async () => {
  const socket = `node -e 'require("net").createServer().unref().listen("/tmp/socket")'`;
  expect(await output(sandbox, `${socket}; echo possible`)).toBe("possible");
});

test("a policy says whether a command may make Unix sockets and trace its own, and how large shared memory is", async () => {
  const trace = `/usr/bin/perl -e 'exit(syscall(${process.arch === "x64" ? 101 : 117}, 0, 0, 0, 0) == 0 ? 0 : 1)'`;
  const socket = `/usr/bin/perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0) or exit 1'`;
  const script = `${trace} && echo traces; ${socket} && echo sockets; df --output=size /dev/shm | tail -1 | tr -d ' '`;
  const other = await bench.open({ ptrace: true, unixSockets: false, sharedMemoryBytes: 2 ** 20 });
  expect([await output(sandbox, script), await output(other, script)]).toEqual(["sockets\n65536", "traces\n1024"]);
  const hosts = { network: { hosts: ["a.example.org"] }, unixSockets: false } as const;
  await expect(bench.open(hosts)).rejects.toThrow("cannot reach hosts");
});

test("a command has no capability, no way to new privileges, and runs under the system-call filter", async () => {
  const status = await output(
    sandbox,
    "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -s '\\t' ' '",
  );
  expect(status.split("\n")).toEqual([
    "CapEff: 0000000000000000",
    "CapBnd: 0000000000000000",
    "NoNewPrivs: 1",
    "Seccomp: 2",
  ]);
});

test("a command inherits no descriptor of the process that runs it", async () => {
  const fixture = fileURLToPath(new URL("./leaky-parent.ts", import.meta.url));
  const leak = (mode: string): string =>
    execFileSync(
      "/bin/bash",
      [
        "-c",
        `exec 151<${bench.dir} 193<${bench.dir}; exec "$0" "$@"`,
        process.execPath,
        fixture,
        mode,
        bench.dir,
        workspace,
      ],
      {
        encoding: "utf8",
      },
    ).trim();
  expect(leak("bare"), "without the sandbox").toContain("beside-the-workspace");
  expect(leak("sandboxed")).toBe("");
});

test("what Node is started with is the policy's to say, and nobody else's", async () => {
  const env = { NODE_OPTIONS: "--title=said-by-the-policy" };
  const boxed = await bench.open({ env });
  expect(await output(boxed, "node -p process.title")).toBe("said-by-the-policy");
  await expect(bash(sandbox, "true", { env })).rejects.toThrow("NODE_OPTIONS");
});

test("a command holds none of the namespaces that it was put into, and leaves no core", async () => {
  const script = "readlink /proc/self/fd/* | grep -E '^(user|pid|mnt|net):'; ls -A /dev/shm; cat /proc/self/limits";
  expect(await output(sandbox, script)).toMatch(/^Limit .*\n(?:.*\n)*Max core file size +[01] +[01] +bytes/);
});

test("what is planted in .git stays out of the host's repository", async () => {
  const repository = bench.workspace({ "file.txt": "1\n" });
  const git = (...args: string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], {
      cwd: repository,
      encoding: "utf8",
      stdio: "pipe",
    });
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "first");
  const disposable = bench.workspace();
  execFileSync("git", ["clone", "-q", "--bare", repository, join(disposable, "git")]);
  execFileSync("git", ["-C", join(disposable, "git"), "config", "core.bare", "false"]);
  const config = readFileSync(join(repository, ".git/config"), "utf8");

  const plant = `echo "touch ${bench.dir}/hooked" > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit && git config core.fsmonitor "touch ${bench.dir}/hooked"`;
  const boxed = await bench.open({
    workspace: repository,
    git: { dir: join(disposable, "git"), objects: [join(repository, ".git/objects")] },
  });
  await output(
    boxed,
    `${plant} && git -c user.name=a -c user.email=a@a commit -qam inside --allow-empty --no-verify && ls /run/git-objects/0`,
  );
  await boxed.close();
  git("commit", "-qm", "second", "--allow-empty");
  expect(existsSync(join(bench.dir, "hooked"))).toBe(false);
  expect(readFileSync(join(repository, ".git/config"), "utf8")).toBe(config);

  expect(succeedsOutside(plant, repository, { HOME: bench.dir })).toBe(true);
  git("commit", "-qm", "third", "--allow-empty");
  expect(existsSync(join(bench.dir, "hooked")), "without the sandbox").toBe(true);
});

test("without a git directory, .git is an empty place nothing can be put into", async () => {
  const boxed = await bench.open();
  expect(
    (await bash(boxed, "ls -A .git; git init -q . || mkdir .git/hooks || mv .git other || rmdir .git")).exitCode,
  ).not.toBe(0);
});

test("a read-only workspace stays as it is", async () => {
  const reviewed = bench.workspace({ "a.txt": "a" });
  const boxed = await bench.open({ workspace: reviewed, workspaceMode: "ro" });
  expect((await bash(boxed, "echo b > a.txt || touch new || rm a.txt")).exitCode).not.toBe(0);
  expect(readdirSync(reviewed).filter((name) => name !== ".git")).toEqual(["a.txt"]);
});

test("two sandboxes see neither each other's files nor each other's processes", async () => {
  const [one, two] = [await bench.open(), await bench.open()];
  const word = `${secret}-one`;
  const stop = new AbortController();
  const running = bash(
    one,
    `echo ${word} | tee /tmp/f /home/agent/f f > /dev/null; exec -a ${word}'-sleeps' sleep 600`,
    {
      signal: stop.signal,
    },
  );
  running.catch(() => undefined);
  // Quoted above, so that only the process of that name has it, not the shell that is still on its way there.
  await expect.poll(() => processesWith(`${word}-sleeps`).length).toBeGreaterThan(0);
  const seen = await bash(
    two,
    `ls /tmp/f /home/agent/f 2>/dev/null; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep ${word.replace("secret", "secre[t]")}; ls /dev/shm`,
  );
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(seen.stdout.toString("utf8")).toBe("");
  expect(await output(one, "cat /tmp/f /home/agent/f")).toBe(`${word}\n${word}`);
});

test("files the command leaves belong to the user when the sandbox is closed, and no device of the host has changed", async () => {
  const own = bench.workspace({ "here/before": "" });
  const boxed = await bench.open({ workspace: own });
  await output(boxed, "echo x > made; ln -s /etc/passwd link; echo y > here/new");
  await boxed.close();
  const owners = ["made", "link", "here", "here/before", "here/new"].map((name) => lstatSync(join(own, name)).uid);
  expect(owners).toEqual(Array.from({ length: 5 }, () => process.getuid?.()));
  expect(statSync("/dev/full").mode & 0o777).toBe(0o666);
});
