import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setImmediate as immediate } from "node:timers/promises";
import { promisify } from "node:util";
import { endProcess, isAlive } from "../processes.ts";

const run = promisify(execFile);

/**
 * A variable of every command that no namespace holds together: what left its process group is found by it. A process that
 * clears its environment is not.
 */
const NAME = "CLAW_BOX";
/** Processes that start others faster than they are ended are given up on after so many looks. */
const MOST_LOOKS = 100;

/** What a command is marked with. */
export const marked = (mark: string): Readonly<Record<string, string>> => ({ [NAME]: mark });

/** Ends every process with a mark that begins so, and resolves when none is left. */
export const endMarked = (beginning: string): Promise<void> => endWhere((mark) => mark.startsWith(beginning));

/** Ends what sandboxes of processes left that are no more. Their names begin as `name`, which is this process's. */
export function sweepMarked(name: string): Promise<void> {
  const here = name.split(".").slice(0, 2).join(".");
  return endWhere((mark) => mark.startsWith(`${here}.`) && !isAlive(Number(mark.split(".")[2])));
}

async function endWhere(isMeant: (mark: string) => boolean): Promise<void> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const left = (await markedProcesses()).filter(({ mark }) => isMeant(mark));
    if (left.length === 0) return;
    for (const { pid } of left) endProcess(pid);
    await immediate();
  }
}

interface Marked {
  readonly pid: number;
  readonly mark: string;
}

const mark = new RegExp(`(?:^|[\\0 ])${NAME}=([\\w.-]+)`);

/** All that this user may see: by /proc, and on macOS by ps(1), whose -E shows environments. */
async function markedProcesses(): Promise<Marked[]> {
  const environments = existsSync("/proc/self/environ")
    ? readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [[Number(name), environmentOf(name)] as const] : []))
    : (await run("/bin/ps", ["-axEww", "-o", "pid=,command="], { env: {} })).stdout
        .split("\n")
        .map((line) => [Number.parseInt(line, 10), line] as const);
  return environments.flatMap(([pid, text]) => {
    const found = mark.exec(text)?.[1];
    return found === undefined ? [] : [{ pid, mark: found }];
  });
}

/** Empty for a process of somebody else, and for one that ended: a zombie's cannot be read. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    return "";
  }
}
