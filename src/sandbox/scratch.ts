import { mkdir, mkdtemp, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isAlive } from "./processes.ts";
import { removeTree } from "./remove-tree.ts";

/** The private directories of one sandbox, on the host. */
export interface Scratch {
  /** Unlike any other sandbox's on this machine. */
  readonly name: string;
  readonly home: string;
  readonly tmp: string;
  /** Never mounted: pipes, the seccomp program, standard input. */
  readonly host: string;
  /** Does a sandbox of another process, or a further one of this, work in the same workspace? */
  isShared(): Promise<boolean>;
  remove(): Promise<void>;
}

/** Makes the directories of a new sandbox of `workspace` below `stateDir`, and removes those of processes that are no more. */
export async function openScratch(stateDir: string, workspace: string): Promise<Scratch> {
  const parent = join(stateDir, "boxes");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const owner = await thisProcess();
  await sweep(parent, owner);
  const root = await mkdtemp(join(parent, `${owner.boot}.${owner.pids}.${process.pid}.`));
  const [home, tmp, host] = ["home", "tmp", "host"].map((name) => join(root, name)) as [string, string, string];
  for (const directory of [home, tmp, host]) await mkdir(directory, { mode: 0o700 });
  await symlink(workspace, join(root, "workspace"));
  const isShared = async (): Promise<boolean> => {
    const others = (await readdir(parent)).map((name) => join(parent, name)).filter((path) => path !== root);
    const theirs = await Promise.all(others.map((path) => readlink(join(path, "workspace")).catch(() => null)));
    return theirs.includes(workspace);
  };
  return { name: `claw-${basename(root)}`, home, tmp, host, isShared, remove: () => removeTree(root) };
}

/** Identifies a process beyond its number, which another boot or another container uses again. */
async function thisProcess(): Promise<{ boot: string; pids: string }> {
  // Where there is no /proc, a process is known by its number alone, and the same number keeps its files.
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "none");
  const pids = await readlink("/proc/self/ns/pid").catch(() => "0");
  return { boot: boot.trim().replaceAll("-", "").slice(0, 12), pids: pids.replace(/\D/g, "") };
}

async function sweep(parent: string, owner: { boot: string; pids: string }): Promise<void> {
  for (const name of await readdir(parent)) {
    const [boot, pids, pid] = name.split(".");
    const sameBoot = boot === owner.boot;
    if (sameBoot && (pids !== owner.pids || isAlive(Number(pid)))) continue;
    await removeTree(join(parent, name)).catch(() => undefined);
  }
}

/** Puts bytes where only this process can open them, and returns the path. */
export async function writePrivately(directory: string, name: string, bytes: string | Uint8Array): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes, { mode: 0o600, flag: "wx" });
  return path;
}
