import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { setImmediate as immediate } from "node:timers/promises";

/** What the processes of one sandbox use. */
export interface ProcessUse {
  readonly processes: number;
  readonly threads: number;
  /** Processor time of the processes that live, and of those they have waited for, in ticks of the kernel. */
  readonly cpuTicks: number;
  /** Resident memory, bytes, too high by whatever the processes share. */
  readonly residentBytes: number;
}

/** The largest page this kind of machine may have, so that the cheap figure errs upwards. */
const PAGE_BYTES = process.arch === "arm64" ? 65_536 : 4096;

/** How long a namespace is emptied for. */
const PATIENCE_MS = 10_000;

/** The sandbox's own view of /proc, which lists exactly its processes; `init` is its first process as the host numbers it. */
const procOf = (init: number): string => `/proc/${init}/root/proc`;

/** Null while the sandbox is being set up and when it is gone. Looks no closer once there are more than `enough` processes. */
export function readProcessUse(init: number, enough: number): ProcessUse | null {
  const proc = procOf(init);
  // Until its own /proc is mounted, the process still sees the host's.
  if (!deviceOf(proc) || deviceOf(proc) === deviceOf("/proc")) return null;
  const pids = pidsIn(proc);
  let [threads, pages, cpuTicks] = [0, 0, 0];
  for (const pid of pids.length > enough ? [] : pids) {
    const fields = statFields(`${proc}/${pid}/stat`);
    if (!fields) continue;
    threads += Number(fields[17]);
    pages += Number(fields[21]);
    for (const field of fields.slice(11, 15)) cpuTicks += Number(field);
  }
  return { processes: pids.length, threads, cpuTicks, residentBytes: pages * PAGE_BYTES };
}

/** Memory in bytes, where what several processes share counts once, and program files do not count. Slower. */
export function readExactMemory(init: number): number {
  const proc = procOf(init);
  let kilobytes = 0;
  for (const pid of pidsIn(proc)) {
    const text = readText(`${proc}/${pid}/smaps_rollup`) ?? "";
    for (const match of text.matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB$/gm)) kilobytes += Number(match[1]);
  }
  return kilobytes * 1024;
}

/** Is the process gone, or so far gone that only its number is left? */
export function isGone(pid: number): boolean {
  const fields = statFields(`/proc/${pid}/stat`);
  return !fields || fields[0] === "Z" || fields[0] === "X";
}

/** Does the process wait for something? Not so one that is ready to run, stopped, or gone. */
export const isAsleep = (pid: number | undefined): boolean => statFields(`/proc/${pid}/stat`)?.[0] === "S";

/** Is its parent the first process of a process namespace? Bubblewrap's own, on the way into one, never is. */
export function isChildOfFirst(pid: number): boolean {
  const parent = statFields(`/proc/${pid}/stat`)?.[1];
  const numbers = /^NSpid:\s+(.*)$/m.exec(readText(`/proc/${parent}/status`) ?? "")?.[1];
  return numbers?.split(/\s+/).at(-1) === "1";
}

/** Is there a process of that number, whoever it belongs to? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Ends every process of a namespace but the first, however fast they make others. Needs to be their user, or root. */
export async function endOthers(init: number): Promise<void> {
  const space = namespaceOf(init);
  const others = (): number[] =>
    pidsIn("/proc")
      .map(Number)
      .filter((pid) => pid !== init && namespaceOf(pid) === space && !isGone(pid));
  if (space === null) return;
  const deadline = performance.now() + PATIENCE_MS;
  const stopped = new Set<number>();
  for (let left = others(); left.length > 0 && performance.now() < deadline; left = others()) {
    // All are stopped before any is ended, whose place another one would take.
    const moving = left.filter((pid) => !stopped.has(pid));
    for (const pid of moving.length > 0 ? moving : left) send(pid, moving.length > 0 ? "SIGSTOP" : "SIGKILL");
    for (const pid of moving) stopped.add(pid);
    await immediate();
  }
}

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended already
  }
};

/** Ends a process by its number, if there still is one. */
export const endProcess = (pid: number): void => send(pid, "SIGKILL");

const namespaceOf = (pid: number): string | null => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
};

/** The fields after the name, which may itself contain anything: state first. */
function statFields(path: string): string[] | null {
  const text = readText(path);
  return text === null ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

const pidsIn = (proc: string): string[] => {
  try {
    return readdirSync(proc).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
};

const deviceOf = (path: string): number | undefined => {
  try {
    return statSync(path).dev;
  } catch {
    return undefined;
  }
};

function readText(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
