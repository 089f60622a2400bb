// Run as a program of its own, by root or by an ordinary user: makes the scene, lets the attackers loose without and
// within a sandbox, and prints who got through.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type ListenOptions } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assembleBox } from "../../src/sandbox/box.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { Sandbox, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { limits } from "../sandbox/limits.ts";
import { attacks, type Scene, together } from "./attacks.ts";

const dir = mkdtempSync(join(tmpdir(), "claw-escapes-"));
const canary = `canary-${process.pid}-${dir.slice(-6)}`;
const home = join(dir, "home");
const repository = join(dir, "repository");
const temporary = join(tmpdir(), `${canary}.tmp`);
const sharedMemory = `/dev/shm/${canary}`;
const listeners = ["socket", "abstract", "loopback"].map(() => createServer((socket) => socket.destroy()));
const listen = (index: number, where: ListenOptions): Promise<void> =>
  new Promise((resolve) => listeners[index]?.listen(where, resolve));

const put = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
for (const file of [
  ".npmrc",
  ".ssh/id_ed25519",
  ".aws/credentials",
  ".config/chromium/Default/Cookies",
  ".netrc",
  ".bashrc",
])
  put(join(home, file), `${canary}\n`);
put(join(repository, ".git/config"), `[http]\n\textraHeader = ${canary}\n`);
put(join(repository, ".git/hooks/sample"), "");
for (const file of [temporary, sharedMemory]) put(file, `${canary}\n`);
const neighbour = spawn("/bin/bash", ["-c", `exec -a ${canary} sleep 600`], {
  stdio: "ignore",
  env: { SECRET: canary },
});
await Promise.all([
  listen(0, { path: join(dir, "socket") }),
  listen(1, { path: `\0${canary}` }),
  listen(2, { port: 0, host: "127.0.0.1" }),
]);
const scene: Scene = {
  canary,
  home,
  repository,
  temporary,
  sharedMemory,
  socket: join(dir, "socket"),
  abstract: canary,
  port: (listeners[2]?.address() as AddressInfo | undefined)?.port ?? 0,
  neighbour: neighbour.pid ?? 0,
};

const workspace = join(dir, "workspace");
const bare = join(dir, "bare");
for (const path of [workspace, bare, join(dir, "state")]) mkdirSync(path);
const policy: SandboxPolicy = {
  workspace,
  workspaceMode: "rw",
  git: null,
  mounts: [],
  env: {},
  network: "none",
  limits,
};
const host = { path: process.env["PATH"] ?? "", home, stateDir: join(dir, "state") };
const weaker = { bwrap: "/usr/bin/bwrap", disableUserns: true, keeps: false, cgroup: false, scope: false };
process.env["CLAW_TEST_SECRET"] = canary;

let sandbox: Sandbox | undefined;
try {
  const isRoot = process.getuid?.() === 0;
  const list = attacks(scene).filter(
    ({ onlyRoot, needs }) => (isRoot || !onlyRoot) && (needs === undefined || existsSync(needs)),
  );
  const script = together(list);
  const outside = spawnSync("/bin/bash", ["-s"], { cwd: bare, encoding: "utf8", input: script });
  sandbox = process.argv[2] === "as-root" ? await assembleBox(policy, host, weaker) : await openSandbox(policy, host);
  const inside = await sandbox.exec(["/bin/bash", "-s"], { stdin: script });
  const lines = (text: string): string[] => text.split("\n").filter(Boolean);
  const names = list.map(({ name }) => name.replaceAll("'", "’"));
  const without = lines(outside.stdout);
  console.log(
    JSON.stringify({
      tried: names.length,
      heldWithoutSandbox: names.filter((name) => !without.includes(name)),
      through: lines(inside.stdout.toString("utf8")),
      exitCode: inside.exitCode,
      degraded: sandbox.degraded,
    }),
  );
} finally {
  await sandbox?.close();
  neighbour.kill("SIGKILL");
  for (const listener of listeners) listener.close();
  for (const path of [dir, temporary, sharedMemory]) rmSync(path, { recursive: true, force: true });
}
