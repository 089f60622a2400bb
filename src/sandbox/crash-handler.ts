import { readFileSync } from "node:fs";

/** Empty where there is no /proc: the engine of a container runs elsewhere then. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/**
 * What is put before a program so that its crashes, and those of all that it starts, reach nobody; null when a limit of
 * nothing does that. Where the kernel hands crashes to a program of the host, which runs as root and sees what a command
 * wrote, it keeps no limit but one: a limit of one byte, the mark of such a program's own crash.
 */
export function withoutCrashHandler(
  pattern: string = read("/proc/sys/kernel/core_pattern"),
  limits: string = read("/proc/self/limits"),
): readonly string[] | null {
  const isHandled = /^[|@]/.test(pattern);
  const mayBeOne = !/^Max core file size\s+\S+\s+0\s/m.test(limits);
  return isHandled && mayBeOne ? ["/usr/bin/prlimit", "--core=1:1", "--"] : null;
}
