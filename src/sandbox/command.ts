import { closeSync, fchownSync, openSync, rmSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { ClawError, SandboxUnavailable } from "../errors.ts";
import { environmentArguments } from "./arguments.ts";
import { type Cgroup, newRefusal } from "./cgroup.ts";
import { WORKSPACE } from "./check-policy.ts";
import { checkedEnvironment } from "./environment.ts";
import type { Hold } from "./hold.ts";
import { keepEnds } from "./keep-ends.ts";
import { helperCommand } from "./file-helper.ts";
import { type Exit, launch, type Launched, type LaunchRequest } from "./launch.ts";
import type { OutputPipes, PipePool } from "./pipes.ts";
import { type Killed, killedExitCodes } from "./killed.ts";
import type { ExecOptions, ExecResult, Limits } from "./sandbox.ts";
import { writePrivately } from "./scratch.ts";
import { THREADS_PER_PROCESS, watch, type Watched } from "./watchdog.ts";

/** What is the same for all commands of one sandbox. */
export interface Bench {
  readonly bwrap: string;
  /** Put before bubblewrap; null: without it no crash reaches anybody. */
  readonly uncrashing: readonly string[] | null;
  readonly hold: Hold;
  readonly options: readonly string[];
  readonly seccompFile: string;
  /** Put before every command: starts the way to the egress proxy. Empty without one. */
  readonly prefix: readonly string[];
  readonly limits: Limits;
  /** Host directories commands can write to. */
  readonly writable: readonly [string, ...string[]];
  readonly pipes: PipePool;
  /** Private directory on the host. */
  readonly scratch: string;
  readonly inherited: readonly number[];
  /** Aborted when the sandbox is closed. */
  readonly closing: AbortSignal;
}

/** Of commands whose policy does not say. */
const NICENESS = 5;

/** How long output may still come after the last process is gone. */
const DRAIN_MS = 2000;

/** Runs one command to its end. Rejects when the sandbox fails, or with the reason of an aborted signal. */
export async function runCommand(bench: Bench, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { signal, merge = false } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const kept = { stdout: keepEnds(bench.limits.outputBytes), stderr: keepEnds(bench.limits.outputBytes) };
  const bytes = (): number => kept.stdout.bytes + kept.stderr.bytes;
  const refused = refusalsSince(bench.hold.cgroup);
  let control: Control | undefined;
  const pipes = await bench.pipes.open({
    merge,
    onData(stream, chunk) {
      kept[stream].add(chunk);
      options.onOutput?.(chunk);
      if (bytes() > bench.limits.outputKillBytes) control?.kill("output");
    },
  });
  let exit: Exit;
  try {
    control = govern(bench, await start(bench, argv, options, pipes), { ...options, refused, heard: bytes });
    exit = await control.ended;
  } catch (error) {
    return notStarted(error, performance.now() - started);
  } finally {
    await pipes.drained(DRAIN_MS);
  }
  if (control.killed() === "abort") signal?.throwIfAborted();
  // The kernel ends a process for want of memory at once, and the command may be over before anybody looks.
  const killed = control.killed() ?? (refused() === "memory" ? "memory" : null);
  const [stdout, stderr] = [kept.stdout.read(), kept.stderr.read()];
  return {
    exitCode: exitCode(exit, killed, (merge ? stdout : stderr).toString("utf8")),
    killed,
    stdout,
    stderr,
    bytes: bytes(),
    truncated: kept.stdout.truncated || kept.stderr.truncated,
    ms: performance.now() - started,
  };
}

/** Opens what the child is given, starts it, and closes this side's copies. */
async function start(
  bench: Bench,
  argv: readonly string[],
  options: ExecOptions,
  pipes: OutputPipes,
): Promise<Launched> {
  let stdin: number | null = null;
  try {
    stdin = options.stdin === undefined ? null : await standardInput(bench, options.stdin);
    return launchOn(bench, [...bench.prefix, ...argv], {
      options: [...environmentArguments(checkedEnvironment(options.env ?? {})), "--chdir", options.cwd ?? WORKSPACE],
      stdin,
      stdout: pipes.stdout,
      stderr: pipes.stderr,
    });
  } finally {
    pipes.closeWriters();
    if (stdin !== null) closeSync(stdin);
  }
}

/**
 * The helper for files: as every command, but with pipes, no longer life than the sandbox's, and no variables: a policy's
 * are for commands, and some of them, such as PERL5OPT, would make it another program.
 */
export const startHelper = (bench: Bench): Launched =>
  launchOn(bench, helperCommand, {
    options: ["--clearenv", "--chdir", WORKSPACE],
    stdin: "pipe",
    stdout: "pipe",
    stderr: null,
  });

/** `options` are those of this start alone. */
function launchOn(
  bench: Bench,
  argv: readonly string[],
  own: Pick<LaunchRequest, "options" | "stdin" | "stdout" | "stderr">,
): Launched {
  const opened: number[] = [];
  const open = (path: string): number => {
    const descriptor = openSync(path, "r");
    opened.push(descriptor);
    return descriptor;
  };
  try {
    return launch({
      ...own,
      launcher: entering(bench),
      options: [...bench.options, ...own.options],
      argv,
      user: bench.hold.agent,
      niceness: bench.limits.niceness ?? NICENESS,
      seccomp: open(bench.seccompFile),
      keeper: bench.hold.keeper,
      admit: admission(bench.hold),
      inherited: bench.inherited,
      devNull: bench.inherited.length > 0 ? open("/dev/null") : -1,
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** A file without a name: a command may open /dev/stdin again, and stop reading whenever it likes. */
async function standardInput({ scratch, hold: { agent } }: Bench, bytes: string | Uint8Array): Promise<number> {
  const file = await writePrivately(scratch, `stdin-${randomUUID()}`, bytes);
  const descriptor = openSync(file, "r");
  rmSync(file);
  if (agent) fchownSync(descriptor, agent.uid, agent.gid);
  return descriptor;
}

/**
 * Puts the command into its control group, where the kernel lets a process go there by itself, and sets the limits the
 * kernel keeps for each process (the watchdog keeps those of all together), or nothing runs. A machine that is stricter
 * stays so. Done before bubblewrap, with an empty environment: inside, the language of the command's would cost more than
 * the rest of it.
 */
const entering = ({ hold, limits, bwrap, uncrashing }: Bench): [string, ...string[]] => {
  const { openFiles, fileBytes, memoryBytes, processes } = limits;
  // Not for uid 0, which the kernel exempts. The control group's and the watchdog's own limits are lower: they have a name.
  const threads = processes * THREADS_PER_PROCESS + SANDBOX_PROCESSES;
  const sizes = [openFiles, Math.ceil(fileBytes / 512), Math.ceil(memoryBytes / 1024), threads];
  const program = [...(uncrashing ?? []), bwrap];
  const script = uncrashing ? enter : `ulimit -c 0 && ${enter}`;
  const shell = ["/bin/sh", "-c", script, "sh", ...sizes.map(String), ...(hold.cgroup?.doors ?? []), "--", ...program];
  return [...(hold.scope?.prefix(limits) ?? []), ...shell] as [string, ...string[]];
};

/** More than bubblewrap and its keeper need, who may count as the same user. */
const SANDBOX_PROCESSES = 16;

/** The letter for processes is p in some shells; in bash it is u, and p is something else that cannot be set. */
const enter = `limit() { ulimit "$1" "$2" 2>/dev/null || [ "$(ulimit -H "$1" 2>/dev/null)" -le "$2" ] 2>/dev/null; }
limit -n "$1" && limit -f "$2" && limit -d "$3" && { [ -z "$BASH_VERSION" ] && limit -p "$4" || limit -u "$4"; } || exit 1
shift 4
while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done
shift; unset PWD SHLVL; exec "$@"`;

/** Where it does not, it is moved before it runs the command; either way claw knows it by then, and can end it at once. */
const admission = ({ cgroup }: Hold): ((init: number) => Promise<void>) | null =>
  cgroup && (cgroup.doors.length > 0 ? () => Promise.resolve() : (init) => cgroup.join(init));

/** Says what the kernel has refused to the commands of the sandbox since now. */
function refusalsSince(cgroup: Cgroup | null): () => Killed | null {
  const before = cgroup?.refusals();
  return () => (cgroup && before ? newRefusal(before, cgroup.refusals()) : null);
}

interface Control {
  kill(why: Killed): void;
  killed(): Killed | null;
  /** Resolves when all processes are gone. */
  readonly ended: Promise<Exit>;
}

/** Holds a running command to its time, its limits and its caller's wish to stop. */
function govern(
  bench: Bench,
  launched: Launched,
  { signal, wallMs, refused, heard }: ExecOptions & Pick<Watched, "refused" | "heard">,
): Control {
  const signals = [bench.closing, ...(signal ? [signal] : [])];
  let killed: Killed | null = null;
  const kill = (why: Killed): void => {
    if (killed) return;
    killed = why;
    launched.kill();
  };
  const timer = setTimeout(() => kill("timeout"), Math.min(wallMs ?? bench.limits.wallMs, bench.limits.wallMs));
  const { limits, writable: directories } = bench;
  const stopWatching = watch({ limits, directories, init: launched.init, refused, heard, kill });
  const abort = (): void => kill("abort");
  for (const each of signals) each.addEventListener("abort", abort, { once: true });
  const ended = launched.exited.finally(() => {
    clearTimeout(timer);
    stopWatching();
    for (const each of signals) each.removeEventListener("abort", abort);
  });
  if (signals.some((each) => each.aborted)) abort();
  return { kill, killed: () => killed, ended };
}

function exitCode({ code, signal }: Exit, killed: Killed | null, stderr: string): number {
  if (killed) return killedExitCodes[killed];
  if (code !== null) return code;
  // Somebody else, such as the kernel when memory ran out, ended bubblewrap and everything in it.
  if (signal !== null) return 137;
  if (/^bwrap: (?:execvp .*: No such file or directory|Can't chdir to .*)$/m.test(stderr)) return 127;
  if (/^bwrap: execvp .*$/m.test(stderr)) return 126;
  throw new SandboxUnavailable(
    `the sandbox could not be set up: ${stderr.trim().split("\n").at(-1) || "bubblewrap gave no reason"}`,
    "see whether a sandbox opens at all: claw sandbox -- true",
  );
}

/** A command line that is too long is the command's fault; all else that keeps bubblewrap from starting is the machine's. */
function notStarted(error: unknown, ms: number): ExecResult {
  if (error instanceof ClawError) throw error;
  if ((error as NodeJS.ErrnoException).code !== "E2BIG") {
    throw new SandboxUnavailable(
      `bubblewrap could not be started: ${(error as Error).message}`,
      "see whether a sandbox opens at all: claw sandbox -- true",
      error,
    );
  }
  const stderr = Buffer.from("claw: the command line is too long; put the text into a file or on standard input\n");
  return { exitCode: 126, killed: null, stdout: Buffer.alloc(0), stderr, bytes: stderr.length, truncated: false, ms };
}
