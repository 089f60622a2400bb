import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, rmSync } from "node:fs";
import { keepEnds, outputOf } from "../keep-ends.ts";
import { type Killed, killedExitCodes } from "../killed.ts";
import type { PipePool } from "../pipes.ts";
import type { ExecOptions, ExecResult, Limits } from "../sandbox.ts";
import { writePrivately } from "../scratch.ts";

/** What is the same for all commands that run on the host's own paths. */
export interface HostBench {
  readonly limits: Limits;
  readonly pipes: PipePool;
  /** Private directory for standard input. */
  readonly scratch: string;
  /** Descriptors that must not be handed on. */
  readonly inherited: readonly number[];
  readonly closing: AbortSignal;
}

export interface HostCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const DRAIN_MS = 2000;

/** Runs one command in a process group of its own, to the end of that group, its time, or its output. */
export async function runOnHost(bench: HostBench, command: HostCommand, options: ExecOptions): Promise<ExecResult> {
  const { limits, closing } = bench;
  const { merge = false, signal } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const kept = { stdout: keepEnds(limits.outputBytes), stderr: keepEnds(limits.outputBytes) };
  let child: ChildProcess | undefined;
  let killed: Killed | null = null;
  const kill = (why: Killed): void => {
    killed ??= why;
    endGroup(child);
  };
  const pipes = await bench.pipes.open({
    merge,
    onData(stream, chunk) {
      kept[stream].add(chunk);
      options.onOutput?.(chunk);
      if (kept.stdout.bytes + kept.stderr.bytes > limits.outputKillBytes) kill("output");
    },
  });
  const wallMs = Math.min(options.wallMs ?? limits.wallMs, limits.wallMs);
  const timer = setTimeout(() => kill("timeout"), wallMs);
  const abort = (): void => kill("abort");
  const signals = [closing, ...(signal ? [signal] : [])];
  for (const each of signals) each.addEventListener("abort", abort, { once: true });
  let code: number | null = null;
  try {
    const stdin = await inputOf(bench, options.stdin);
    try {
      child = start(bench, command, [stdin ?? "ignore", pipes.stdout, pipes.stderr]);
    } finally {
      pipes.closeWriters();
      if (stdin !== null) closeSync(stdin);
    }
    if (signals.some(({ aborted }) => aborted)) abort();
    code = await endOf(child);
    endGroup(child);
  } finally {
    clearTimeout(timer);
    for (const each of signals) each.removeEventListener("abort", abort);
    await pipes.drained(DRAIN_MS);
  }
  if (killed === "abort") signal?.throwIfAborted();
  return {
    exitCode: killed ? killedExitCodes[killed] : (code ?? 137),
    killed,
    ...outputOf(kept),
    ms: performance.now() - started,
  };
}

function start(
  { inherited }: HostBench,
  { argv: [program = "", ...words], env, cwd }: HostCommand,
  stdio: readonly ("ignore" | number)[],
): ChildProcess {
  const plugs = Array.from({ length: Math.max(2, ...inherited) - 2 }, () => "ignore" as const);
  return spawn(program, words, { env, cwd, detached: true, stdio: [...stdio, ...plugs] });
}

/** The command's code, 128+n for signal n, 127 when there is no such program. */
const endOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ENOENT" ? resolve(127) : error.code === "EACCES" ? resolve(126) : reject(error),
    );
    child.once("exit", (code, ended) => resolve(code ?? (ended === "SIGKILL" ? 137 : 143)));
  });

function endGroup(child: ChildProcess | undefined): void {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // nobody of it is left
  }
}

async function inputOf({ scratch }: HostBench, bytes: ExecOptions["stdin"]): Promise<number | null> {
  if (bytes === undefined) return null;
  const file = await writePrivately(scratch, `stdin-${randomUUID()}`, bytes);
  const descriptor = openSync(file, "r");
  rmSync(file);
  return descriptor;
}
