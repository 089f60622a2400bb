import {
  accessSync,
  chownSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { UserId } from "./agent-user.ts";
import { isAlive } from "./processes.ts";
import type { Killed } from "./killed.ts";
import type { Limits } from "./sandbox.ts";
import { THREADS_PER_PROCESS } from "./watchdog.ts";

/** How often the kernel held a sandbox to a limit since it was opened. */
export interface Refusals {
  /** Processes it killed because memory ran out. */
  readonly memory: number;
  /** Processes and threads it refused to make. */
  readonly processes: number;
}

/**
 * Limits that the kernel keeps for all processes of one sandbox together, however they are made. Not of processors: a
 * group shares those as if it were a single process, and one on a busy machine would hardly get any.
 */
export interface Cgroup {
  /**
   * Files by which a process moves itself, writing "0": version 1 only. A process that is moved by another, or as a whole,
   * waits some ten milliseconds for every processor of the machine; one thread that moves itself does not.
   */
  readonly doors: readonly string[];
  /** Moves a process that has no children yet, by its number on the host. Throws when it is not there afterwards. */
  join(pid: number): Promise<void>;
  refusals(): Refusals;
  /** Removes it; its processes must be gone. */
  close(): Promise<void>;
}

/** One directory for version 2, one for each controller for version 1, whose names of files differ. */
interface Place {
  readonly version: 1 | 2;
  /**
   * Where a new group can be made: below claw's own. With version 2 a group that holds processes has none below it that
   * could be limited, so there it is beside claw's own, or beside the nearest above it.
   */
  readonly parents: { readonly memory: string; readonly pids: string };
}

const ROOT = "/sys/fs/cgroup";

/** Where groups can be made on this machine; null when nowhere, as for most users who are not root. */
export function findCgroupPlace(
  root: string = ROOT,
  memberships: string = readFileSync("/proc/self/cgroup", "utf8"),
): Place | null {
  const own = new Map<string, string>();
  for (const line of memberships.trim().split("\n")) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of controllers === "" ? ["v2"] : controllers.split(",")) own.set(name, path);
  }
  const below = (controller: string): string | null => {
    const path = own.get(controller);
    const parent = path === undefined ? null : join(root, controller, path);
    return parent !== null && existsSync(join(parent, "cgroup.procs")) ? parent : null;
  };
  const unified = unifiedPlace(root, own.get("v2") ?? "/");
  if (unified !== null) return { version: 2, parents: { memory: unified, pids: unified } };
  const [memory, pids] = [below("memory"), below("pids")];
  if (memory === null || pids === null || !canMakeIn(memory) || !canMakeIn(pids)) return null;
  return { version: 1, parents: { memory, pids } };
}

/** The nearest group at or above `own` that hands its controllers down, and from which claw may move processes. */
function unifiedPlace(root: string, own: string): string | null {
  for (let path = own; ; path = dirname(path)) {
    const group = join(root, path);
    const enabled = (readText(join(group, "cgroup.subtree_control")) ?? "").split(/\s+/);
    const handsDown = enabled.includes("memory") && enabled.includes("pids");
    if (handsDown && canWrite(join(group, "cgroup.procs")) && canMakeIn(group)) return group;
    if (path === "/" || !path.startsWith("/")) return null;
  }
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function canMakeIn(parent: string): boolean {
  const trial = join(parent, `claw-trial-${process.pid}`);
  try {
    // One that a killed process of the same number left is as good.
    if (!existsSync(trial)) mkdirSync(trial);
    rmdirSync(trial);
    return true;
  } catch {
    return false;
  }
}

/** Makes a group with these limits, which `user` may enter by its doors; null where there can be none. */
export function openCgroup(limits: Limits, name: string, user: UserId | null): Cgroup | null {
  const place = findCgroupPlace();
  if (place === null) return null;
  const { memory, pids } = place.parents;
  const directories = [...new Set([memory, pids])].map((parent) => join(parent, name));
  try {
    for (const directory of directories) {
      sweep(dirname(directory), name);
      mkdirSync(directory);
    }
    const own = { memory: join(memory, name), pids: join(pids, name) };
    limit(place.version, own, limits);
    const group = opened(place.version, own, directories);
    if (user) for (const door of group.doors) chownSync(door, user.uid, user.gid);
    return group;
  } catch {
    removeAll(directories);
    return null;
  }
}

interface Own {
  readonly memory: string;
  readonly pids: string;
}

function limit(version: 1 | 2, own: Own, limits: Limits): void {
  writeFileSync(join(own.pids, "pids.max"), `${limits.processes * THREADS_PER_PROCESS}`);
  if (version === 1) {
    writeFileSync(join(own.memory, "memory.limit_in_bytes"), `${limits.memoryBytes}`);
    writeFileSync(join(own.memory, "memory.swappiness"), "0");
    return;
  }
  writeFileSync(join(own.memory, "memory.max"), `${limits.memoryBytes}`);
  for (const [name, value] of [
    ["memory.swap.max", "0"],
    ["memory.oom.group", "1"],
  ] as const)
    if (existsSync(join(own.memory, name))) writeFileSync(join(own.memory, name), value);
}

function opened(version: 1 | 2, own: Own, directories: readonly string[]): Cgroup {
  const memoryEvents = join(own.memory, version === 1 ? "memory.oom_control" : "memory.events");
  return {
    doors: version === 1 ? directories.map((directory) => join(directory, "tasks")) : [],
    async join(pid) {
      for (const directory of directories) await writeFile(join(directory, "cgroup.procs"), `${pid}`);
      const found = (await readFile(`/proc/${pid}/cgroup`, "utf8")).split("\n");
      const name = directories[0]?.split("/").at(-1) ?? "";
      if (found.filter((line) => line.endsWith(`/${name}`)).length >= directories.length) return;
      throw new Error(`process ${pid} is not in its control group`);
    },
    refusals: () => ({
      memory: counter(memoryEvents, "oom_kill"),
      processes: counter(join(own.pids, "pids.events"), "max"),
    }),
    async close() {
      // Nothing should be left; what is, goes now.
      for (const path of directories.map((each) => join(each, "cgroup.kill")))
        if (existsSync(path)) await writeFile(path, "1");
      // The kernel takes a moment to forget the last process.
      for (let tries = 0; tries < 20 && removeAll(directories).length > 0; tries += 1) await sleep(5);
    },
  };
}

/** What the kernel did since an earlier look, in the words of a result. */
export function newRefusal(before: Refusals, now: Refusals): Killed | null {
  if (now.memory > before.memory) return "memory";
  return now.processes > before.processes ? "processes" : null;
}

/** Removes the groups that killed processes of this boot left; `name` begins with the boot, the process namespace and the process. */
function sweep(parent: string, name: string): void {
  const here = name.split(".").slice(0, 2).join(".");
  const left = readdirSync(parent).filter((other) => other.startsWith(`${here}.`));
  removeAll(left.filter((other) => !isAlive(Number(other.split(".")[2]))).map((other) => join(parent, other)));
}

/** Returns those that would not go. */
function removeAll(directories: readonly string[]): string[] {
  return directories.filter((directory) => {
    try {
      if (existsSync(directory)) rmdirSync(directory);
      return false;
    } catch {
      return true;
    }
  });
}

const counter = (path: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, "m").exec(readText(path) ?? "")?.[1] ?? 0);

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
