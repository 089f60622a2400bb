import { systemClock } from "../clock.ts";
import { bytesWrittenSince, freeBytes, freeSpace, isNearlyFull } from "./disk.ts";
import { type ProcessUse, readExactMemory, readProcessUse } from "./processes.ts";
import type { Killed } from "./killed.ts";
import type { Limits } from "./sandbox.ts";

const INTERVAL_MS = 100;
/** A thread is cheaper than a process, and a test runner on a large machine has hundreds. */
export const THREADS_PER_PROCESS = 16;

/** One command under watch. */
export interface Watched {
  readonly limits: Limits;
  /** Host directories the command can write to; the first one's disk is the one that is watched. */
  readonly directories: readonly [string, ...string[]];
  /** First process of the sandbox as the host numbers it; null while unknown. */
  readonly init: () => number | null;
  /** What the kernel has refused since the command began. */
  readonly refused: () => Killed | null;
  /** Bytes the command has written so far. */
  readonly heard: () => number;
  readonly kill: (why: Killed) => void;
}

/**
 * Looks ten times a second at what the kernel does not limit for us: processes and memory of a whole sandbox, idleness,
 * and the disk. Returns the function that stops looking.
 */
export function watch(watched: Watched): () => void {
  const disk = diskWatch(watched);
  const idle = idleWatch(watched);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const use = useOf(watched);
      const why = watched.refused() ?? overProcesses(watched, use) ?? idle(use) ?? (await disk());
      if (why) watched.kill(why);
    } finally {
      looking = false;
    }
  };
  // Without sight of the disk there is no limit on it, so a failing look ends the command.
  const timer = setInterval(() => void look().catch(() => watched.kill("disk")), INTERVAL_MS);
  return () => clearInterval(timer);
}

/** Null while there is nothing to see yet. */
function useOf({ limits, init }: Watched): ProcessUse | null {
  const pid = init();
  return pid === null ? null : readProcessUse(pid, limits.processes);
}

function overProcesses({ limits, init }: Watched, use: ProcessUse | null): Killed | null {
  const pid = init();
  if (pid === null || use === null) return null;
  if (use.processes > limits.processes || use.threads > limits.processes * THREADS_PER_PROCESS) return "processes";
  // The cheap figure counts shared pages once for each process; only the exact one may kill.
  if (use.residentBytes > limits.memoryBytes && readExactMemory(pid) > limits.memoryBytes) return "memory";
  return null;
}

/**
 * A command that says nothing and computes nothing waits for what does not come. One that comes or goes is at work. Where
 * the first process is alone, the command is still on its way: an engine of containers takes its time.
 */
function idleWatch({ limits, heard }: Watched): (use: ProcessUse | null) => Killed | null {
  let before = "";
  let since = performance.now();
  return (use) => {
    const now = [heard(), use?.cpuTicks, use?.processes].join(" ");
    if (now !== before || use?.processes === 1) [before, since] = [now, performance.now()];
    return performance.now() - since >= limits.idleMs ? "idle" : null;
  };
}

/** Free space is shared with everybody on the disk, so it only raises the suspicion; the files below are what counts. */
function diskWatch({ limits, directories }: Watched): () => Promise<Killed | null> {
  const since = systemClock.now();
  let before = freeBytes(directories[0]);
  before.catch(() => undefined); // the first look will meet the error again
  return async () => {
    const left = await freeSpace(directories[0]);
    if (isNearlyFull(left, limits.diskFloorBytes)) return "disk-floor";
    const free = left.bytes;
    if ((await before) - free <= limits.diskBytes) return null;
    const written = await bytesWrittenSince(directories, since, limits.diskBytes);
    if (written > limits.diskBytes) return "disk";
    before = Promise.resolve(free + written); // the rest was written by others
    return null;
  };
}
