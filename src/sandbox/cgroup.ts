import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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
  /** Where a new group can be made: below claw's own, so that what holds claw holds its commands. */
  readonly parents: { readonly memory: string; readonly pids: string };
}

const ROOT = "/sys/fs/cgroup";

/** Where groups can be made on this machine; null when nowhere, as for most users who are not root. */
export function findCgroupPlace(): Place | null {
  const own = new Map<string, string>();
  for (const line of readFileSync("/proc/self/cgroup", "utf8").trim().split("\n")) {
    const [, controllers = "", path = "/"] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of controllers === "" ? ["v2"] : controllers.split(",")) own.set(name, path);
  }
  const below = (controller: string): string | null => {
    const path = own.get(controller);
    const parent = path === undefined ? null : join(ROOT, controller, path);
    return parent !== null && existsSync(join(parent, "cgroup.procs")) ? parent : null;
  };
  const unified = join(ROOT, own.get("v2") ?? "/");
  const enabled = (readText(join(unified, "cgroup.subtree_control")) ?? "").split(/\s+/);
  if (enabled.includes("memory") && enabled.includes("pids")) {
    return canMakeIn(unified) ? { version: 2, parents: { memory: unified, pids: unified } } : null;
  }
  const [memory, pids] = [below("memory"), below("pids")];
  if (memory === null || pids === null || !canMakeIn(memory) || !canMakeIn(pids)) return null;
  return { version: 1, parents: { memory, pids } };
}

function canMakeIn(parent: string): boolean {
  const trial = join(parent, `claw-trial-${process.pid}`);
  try {
    mkdirSync(trial);
    rmdirSync(trial);
    return true;
  } catch {
    return false;
  }
}

/** Makes a group with these limits; null where there can be none. */
export function openCgroup(limits: Limits, name: string): Cgroup | null {
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
    return opened(place.version, own, directories);
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
  if (existsSync(join(own.memory, "memory.swap.max"))) writeFileSync(join(own.memory, "memory.swap.max"), "0");
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
