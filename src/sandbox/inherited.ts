import { existsSync, readdirSync, readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/**
 * Descriptors above 2 that this process was started with and that every child would inherit. One of them that is a
 * directory would be a way out of any sandbox. What Node opens itself is closed on exec, so this need not be asked twice.
 */
export function inheritedDescriptors(): number[] {
  // Without /proc nobody says which of them survive, so all are closed.
  const proc = existsSync("/proc/self/fdinfo");
  return readdirSync(proc ? "/proc/self/fd" : "/dev/fd")
    .map(Number)
    .filter((descriptor) => descriptor > 2 && (!proc || survivesExec(descriptor)));
}

function survivesExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // the descriptor of the listing itself
  }
}
