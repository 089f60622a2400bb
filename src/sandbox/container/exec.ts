import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { keepEnds, outputOf } from "../keep-ends.ts";
import { type Killed, killedExitCodes } from "../killed.ts";
import { endOthers } from "../processes.ts";
import type { ExecOptions, ExecResult, Limits } from "../sandbox.ts";
import { watch, type Watched } from "../watchdog.ts";

/** What a command in a container is held to. */
export interface ContainedOptions extends ExecOptions {
  readonly limits?: Limits;
  /** Directories of the host that it can write to, to count what it does. */
  readonly directories?: readonly [string, ...string[]];
  /** The container's first process, as this machine numbers it. */
  readonly init?: number | null;
}

const PATIENCE_MS = 60_000;
const KEPT_BYTES = 2 ** 20;
const run = promisify(execFile);

/** A container, and how it is talked to. */
export interface Where {
  readonly program: string;
  readonly global: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly id: string;
}

/** One command, to its end and that of everything it started. */
export async function execIn(where: Where, argv: readonly string[], options: ContainedOptions): Promise<ExecResult> {
  const { limits, signal, merge = false, stdin, init = null } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const kept = {
    stdout: keepEnds(limits?.outputBytes ?? KEPT_BYTES),
    stderr: keepEnds(limits?.outputBytes ?? KEPT_BYTES),
  };
  const child = spawn(where.program, execArguments(where, argv, options), { env: where.env, stdio: "pipe" });
  let killed: Killed | null = null;
  let ending: Promise<void> | null = null;
  const kill = (why: Killed): void => {
    if (killed) return;
    killed = why;
    ending = endAll(where, init).then(() => void child.kill("SIGKILL"));
  };
  const onData = (stream: "stdout" | "stderr") => (chunk: Buffer) => {
    kept[merge ? "stdout" : stream].add(chunk);
    options.onOutput?.(chunk);
    if (kept.stdout.bytes + kept.stderr.bytes > (limits?.outputKillBytes ?? Infinity)) kill("output");
  };
  child.stdout.on("data", onData("stdout"));
  child.stderr.on("data", onData("stderr"));
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const wallMs = Math.min(options.wallMs ?? Infinity, limits?.wallMs ?? 600_000);
  const timer = setTimeout(() => kill("timeout"), wallMs);
  const heard = (): number => kept.stdout.bytes + kept.stderr.bytes;
  const stopWatching = watchOver(options, { heard, kill });
  const abort = (): void => kill("abort");
  signal?.addEventListener("abort", abort, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  stopWatching();
  signal?.removeEventListener("abort", abort);
  await (ending ?? endAll(where, init));
  if (killed === "abort") signal?.throwIfAborted();
  return {
    exitCode: exitCode(code, killed),
    killed,
    ...outputOf(kept),
    ms: performance.now() - started,
  };
}

function exitCode(code: number | null, killed: Killed | null): number {
  return killed ? killedExitCodes[killed] : (code ?? 137);
}

function execArguments({ global, id }: Where, argv: readonly string[], options: ContainedOptions): string[] {
  const extra = Object.entries(options.env ?? {}).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const input = options.stdin === undefined ? [] : ["--interactive"];
  const place = options.cwd === undefined ? [] : ["--workdir", options.cwd];
  return [...global, "exec", ...input, ...extra, ...place, id, ...argv];
}

/**
 * Of the container's own user: the first process is out of the signal's reach, and all others go. One that has no room for
 * one more process, or makes them faster, is emptied from outside.
 */
async function endAll({ program, global, env, id }: Where, init: number | null): Promise<void> {
  const words = [...global, "exec", id, "/bin/bash", "-c", "kill -9 -1"];
  await run(program, words, { env, timeout: PATIENCE_MS }).catch(() => undefined);
  if (init !== null) await endOthers(init);
}

/** Returns what stops the watching. */
function watchOver(
  { limits, directories, init = null }: ContainedOptions,
  { heard, kill }: Pick<Watched, "heard" | "kill">,
): () => void {
  if (!limits || !directories) return () => undefined;
  return watch({
    // Where its processes cannot be seen at work, silence says nothing.
    limits: init === null ? { ...limits, idleMs: Infinity } : limits,
    directories,
    init: () => init,
    refused: () => null,
    heard,
    kill,
  });
}
