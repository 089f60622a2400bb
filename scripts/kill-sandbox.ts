/**
 * Kills a process that works in sandboxes with SIGKILL at random instants, and looks what it left: a process of its commands,
 * a control group, something in .git, a private directory. node scripts/kill-sandbox.ts [kills=50] [seed]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { findCgroupPlace } from "../src/sandbox/cgroup.ts";
import { openSandbox } from "../src/sandbox/open.ts";
import { limits } from "../test/sandbox/limits.ts";
import { randomFrom } from "./random.ts";

const [kills = 50, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const dir = mkdtempSync(join(tmpdir(), "claw-kill-"));
const workspace = join(dir, "workspace");
const host = { path: "/usr/bin:/bin", home: join(dir, "home"), stateDir: join(dir, "state") };
for (const path of [workspace, host.home]) mkdirSync(path);
const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], env: {}, network: "none", limits } as const;
/** In the command line of everything that commands start. */
const marker = `killed-${process.pid}-${seed}`;
const program = fileURLToPath(new URL("./busy-sandboxes.ts", import.meta.url));
/** How long the kernel may take to end what is left, and how long a process works before it is killed at the latest. */
const PATIENCE_MS = 5000;
const LIFE_MS = 1500;

const commandLine = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
};
const alive = (): string[] =>
  readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(`${marker}-in`));
const groups = (pid: number): string[] => {
  const parents = Object.values(findCgroupPlace()?.parents ?? {});
  return parents.flatMap((parent) =>
    readdirSync(parent).filter((name) => name.startsWith("claw-") && name.split(".")[2] === `${pid}`),
  );
};
const boxes = (): string[] =>
  existsSync(join(host.stateDir, "boxes")) ? readdirSync(join(host.stateDir, "boxes")) : [];

// What a first start has to prove is no part of this.
await (await openSandbox(policy, host)).close();
let wrong = 0;
let working = 0;
for (let kill = 1; kill <= kills; kill += 1) {
  const child = spawn(process.execPath, [program, JSON.stringify({ policy, host }), `${marker}-in`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.on("data", () => (working += 1));
  await Promise.race([once(child.stdout, "data"), sleep(random() * LIFE_MS)]);
  await sleep(random() * random() * LIFE_MS);
  child.kill("SIGKILL");
  await once(child, "exit");
  const deadline = performance.now() + PATIENCE_MS;
  while (alive().length > 0 && performance.now() < deadline) await sleep(10);
  const survivors = alive();
  // Whoever comes next clears away what the kernel does not.
  await (await openSandbox(policy, host)).close();
  mkdirSync(join(workspace, ".git"), { recursive: true });
  const left = {
    survivors,
    groups: groups(child.pid ?? 0),
    boxes: boxes(),
    // The place that is kept for git: a program on the host would believe what is in it.
    git: readdirSync(join(workspace, ".git")),
  };
  if (Object.values(left).every((each) => each.length === 0)) continue;
  wrong += 1;
  console.log(`✗ kill ${kill}: ${JSON.stringify(left)}`);
}
rmSync(dir, { recursive: true, force: true });
console.log(`${kills} kills, ${working} of them amid commands; ${wrong} left something (seed ${seed})`);
process.exitCode = wrong > 0 ? 1 : 0;
