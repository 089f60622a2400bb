import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** Field 22 of /proc/<pid>/stat: with it a process id is never mistaken for a later process of the same number. */
function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** Who writes: host, process id and process start time. */
export const thisProcess = (): string => `${hostname()} ${process.pid} ${startTime(process.pid) ?? "?"}`;

/** Is the process that an owner string names surely gone? A process of another host counts as alive. */
export function isGone(owner: string): boolean {
  const [host, pid, started] = owner.split(" ");
  if (host !== hostname()) return false;
  const found = startTime(Number(pid));
  if (found !== null) return started !== "?" && found !== started;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
