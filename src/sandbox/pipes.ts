import { execFile } from "node:child_process";
import { chownSync, closeSync, constants, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { UserId } from "./agent-user.ts";

const run = promisify(execFile);

/** Two named pipes that only the host can see by name, used by one command at a time. */
interface Pair {
  readonly stdout: string;
  readonly stderr: string;
}

/** The ends of one command's output. */
export interface OutputPipes {
  /** Descriptors for the child; close them here once it has started. */
  readonly stdout: number;
  readonly stderr: number;
  closeWriters(): void;
  /** Resolves when every writer is gone, or after `graceMs`. Then the pipes may serve another command. */
  drained(graceMs: number): Promise<void>;
}

export interface PipePool {
  open(options: { merge: boolean; onData: (stream: "stdout" | "stderr", chunk: Buffer) => void }): Promise<OutputPipes>;
}

/**
 * Real pipes: what Node calls pipes are socket pairs, and a command that opens /dev/stdout again fails on those.
 * Pairs are made in `directory` a few at a time, because making them takes a process, and are used again and again.
 * They belong to `user`, whose commands may open them by the name /dev/stdout.
 */
export function pipePool(directory: string, user: UserId | null): PipePool {
  const free: Pair[] = [];
  let made = 0;

  async function grow(): Promise<void> {
    const pairs = [made++, made++].map((n) => ({
      stdout: join(directory, `${n}.out`),
      stderr: join(directory, `${n}.err`),
    }));
    await run("/usr/bin/mkfifo", ["-m", "600", ...pairs.flatMap((pair) => [pair.stdout, pair.stderr])], { env: {} });
    if (user)
      for (const { stdout, stderr } of pairs) for (const path of [stdout, stderr]) chownSync(path, user.uid, user.gid);
    free.push(...pairs);
  }

  return {
    async open({ merge, onData }) {
      while (free.length === 0) await grow();
      const pair = free.pop() as Pair;
      const names = merge ? (["stdout"] as const) : (["stdout", "stderr"] as const);
      const ends = names.map((name) => openPipe(pair[name], (chunk) => onData(name, chunk)));
      const writers = ends.map((end) => end.writer);
      const [stdout, stderr = stdout] = writers as [number, number?];
      return {
        stdout,
        stderr,
        closeWriters: () => writers.forEach((writer) => closeSync(writer)),
        async drained(graceMs) {
          const clean = await withinGrace(Promise.all(ends.map((end) => end.ended)), graceMs);
          for (const end of ends) end.reader.destroy();
          // A pipe somebody still writes to must not be read as another command's output.
          if (clean) free.push(pair);
        },
      };
    },
  };
}

/** Opens both ends of a named pipe; the reading end first, as a writer would wait for it. */
function openPipe(
  path: string,
  onData: (chunk: Buffer) => void,
): { reader: Socket; writer: number; ended: Promise<void> } {
  const reader = new Socket({
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
    readable: true,
    writable: false,
  });
  const writer = openSync(path, constants.O_WRONLY);
  reader.on("data", onData);
  const ended = new Promise<void>((resolve) => {
    reader.once("close", resolve);
    reader.once("error", () => resolve());
  });
  return { reader, writer, ended };
}

async function withinGrace(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const result = await Promise.race([work.then(() => true as const), late]);
  clearTimeout(timer);
  return result;
}
