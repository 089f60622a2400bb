import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import type { Readable, Writable } from "node:stream";
import { setImmediate as immediate, setTimeout as sleep } from "node:timers/promises";
import type { UserId } from "./agent-user.ts";
import { GATE } from "./arguments.ts";
import type { Keeper } from "./keeper.ts";
import { endProcess, isAsleep, isChildOfFirst, isGone } from "./processes.ts";

/** Descriptors of bubblewrap, in the order of its stdio. */
const ARGUMENTS = 3;
const SECCOMP = 4;
const STATUS = 5;
const USER_NAMESPACE = 6;
const PID_NAMESPACE = 7;
const ADMISSION = GATE;

export interface LaunchRequest {
  /** The program and its first arguments: bubblewrap itself, or something that ends in executing it. */
  readonly launcher: readonly [string, ...string[]];
  /** Options of bubblewrap; handed over in a pipe, so that nothing of them shows in a list of processes. */
  readonly options: readonly string[];
  readonly argv: readonly string[];
  /** Whom all of it runs as from the start; null: whoever claw runs as. */
  readonly user: UserId | null;
  /** Of all its processes, 0 to 19. */
  readonly niceness: number;
  /** Open descriptors, which stay the caller's to close; null for an empty stdin or a stderr nobody reads. */
  readonly stdin: number | "pipe" | null;
  readonly stdout: number | "pipe";
  readonly stderr: number | null;
  readonly seccomp: number;
  /** Namespaces to enter; null when bubblewrap makes its own. */
  readonly keeper: Pick<Keeper, "userNamespace" | "pidNamespace"> | null;
  /** Called with the first process inside, as the host numbers it, which does not run the command before this is done. */
  readonly admit: ((init: number) => Promise<void>) | null;
  /** Descriptors this process would hand on by accident, and an open /dev/null to put in their place. */
  readonly inherited: readonly number[];
  readonly devNull: number;
}

export interface Exit {
  /** The command's status as bubblewrap reports it: its own code, or 128+n for signal n. Null when the command never ran. */
  readonly code: number | null;
  /** The signal that ended bubblewrap itself. */
  readonly signal: NodeJS.Signals | null;
}

export interface Launched {
  /** The first process inside, as the host numbers it; null until bubblewrap has made it. */
  readonly init: () => number | null;
  /** Ends every process inside at once. */
  kill(): void;
  /** Resolves when no process of the sandbox is left; rejects when bubblewrap could not be started. */
  readonly exited: Promise<Exit>;
  /** This side of what was asked to be a pipe. */
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
}

/** How long the processes of a sandbox may take to go. */
const GONE_MS = 2000;
const QUICK_TRIES = 50;
/** How often, and how many times, a first process is seen gone before it counts as lost. */
const LOST_MS = 100;
const LOST_LOOKS = 3;
/** A process that has nothing to do but to end has ended by then. */
const HANDED_OVER_MS = 5000;
/** How long bubblewrap may take to name its first process once it is to be killed. */
const KILL_GRACE_MS = 1000;

/** Starts one command. Throws what `spawn` throws, such as E2BIG. */
export function launch(request: LaunchRequest): Launched {
  const { launcher, argv, user, options, stdin, stdout, stderr, seccomp, keeper, admit } = request;
  const [program, ...first] = launcher;
  const entered = keeper ? [keeper.userNamespace, keeper.pidNamespace] : ["ignore" as const, "ignore" as const];
  const isGated = admit !== null || keeper !== null;
  const own = [stdin ?? "ignore", stdout, stderr ?? "ignore", "pipe", seccomp, "pipe"] satisfies StdioOptions;
  const child = spawn(program, [...first, "--args", `${ARGUMENTS}`, "--", ...argv], {
    env: {},
    cwd: "/",
    ...user,
    stdio: [...own, ...entered, isGated ? "pipe" : "ignore", ...plugs(request)],
  });
  const streams: readonly (Readable | Writable | null | undefined)[] = child.stdio;
  const status = readStatus(streams[STATUS] as Readable);
  if (isGated) admitWhenMade(request, status, streams[ADMISSION] as Writable);
  const exited = (async (): Promise<Exit> => {
    const stopLooking = keeper ? lookForLost(child, status) : () => undefined;
    const signal = await new Promise<NodeJS.Signals | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (_code, ended) => resolve(ended));
    }).finally(stopLooking);
    if (status.init !== null) await gone(status.init, { kill: keeper !== null });
    if (status.refusal) throw status.refusal;
    return { code: status.exitCode, signal: status.lost ? null : signal };
  })();
  // Bubblewrap does nothing before it has read its options, so what must hold for all its children is done first.
  yieldToHost(child, request.niceness);
  const pipe = streams[ARGUMENTS] as Writable;
  pipe.on("error", () => undefined); // it ended without reading them, and that is reported by its exit
  const enter = keeper === null ? [] : entering;
  const wait = admit && keeper === null ? ["--block-fd", `${ADMISSION}`] : [];
  const file = ["--seccomp", `${SECCOMP}`, "--json-status-fd", `${STATUS}`, ...enter, ...wait, ...options];
  pipe.end(file.map((option) => `${option}\0`).join(""));
  return {
    init: () => status.init,
    kill: killer(child, status, { isKept: keeper !== null }),
    exited,
    stdin: child.stdin,
    stdout: child.stdout,
  };
}

/**
 * Bubblewrap leaves the descriptors of namespaces open for the command. It closes, before the command, what it waits for
 * (from these there is nothing to read) and what it keeps in step with.
 */
const entering = ["--userns", "--block-fd"]
  .flatMap((option) => [option, `${USER_NAMESPACE}`])
  .concat(["--pidns", "--sync-fd"].flatMap((option) => [option, `${PID_NAMESPACE}`]));

/** Puts /dev/null over every inherited descriptor that is not one of ours. */
function plugs({ inherited, devNull }: LaunchRequest): ("ignore" | number)[] {
  const last = Math.max(ADMISSION, ...inherited);
  const open = new Set(inherited);
  const first = ADMISSION + 1;
  return Array.from({ length: last - ADMISSION }, (_, index) => (open.has(first + index) ? devNull : "ignore"));
}

interface Status {
  init: number | null;
  exitCode: number | null;
  /** The first process ended without bubblewrap's hearing of it. */
  lost: boolean;
  /** It is being killed. */
  ending: boolean;
  /** Why it was not let in. */
  refusal: Error | null;
  readonly onInit: Set<(init: number) => void>;
}

/** Bubblewrap writes one JSON object when it has made the first process, and one when the command has ended. */
function readStatus(stream: Readable): Status {
  const status: Status = { init: null, exitCode: null, lost: false, ending: false, refusal: null, onInit: new Set() };
  let text = "";
  stream.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const init = /"child-pid": (\d+)/.exec(text)?.[1];
    const exitCode = /"exit-code": (\d+)/.exec(text)?.[1];
    if (exitCode !== undefined) status.exitCode = Number(exitCode);
    if (init !== undefined && status.init === null) {
      status.init = Number(init);
      for (const listener of status.onInit) listener(status.init);
    }
  });
  stream.on("error", () => undefined);
  return status;
}

/**
 * Kills the first process inside, and the kernel kills the rest with it; bubblewrap ends when all are gone. Killing
 * bubblewrap instead could come between its making that process and binding it to its own life. With a keeper, whose
 * child that process is, bubblewrap would not hear of it.
 */
function killer(child: ChildProcess, status: Status, { isKept }: { readonly isKept: boolean }): () => void {
  return () => {
    status.ending = true;
    const killInit = (): void => {
      if (status.init === null || child.exitCode !== null || child.signalCode !== null) return;
      endProcess(status.init);
      if (isKept) child.kill("SIGKILL");
    };
    status.onInit.add(killInit);
    killInit();
    const last = setTimeout(() => child.kill("SIGKILL"), KILL_GRACE_MS);
    child.once("close", () => clearTimeout(last));
  };
}

/** When memory or processors run out, the command shall suffer, and not the program that governs it. */
function yieldToHost({ pid }: ChildProcess, niceness: number): void {
  try {
    if (pid === undefined) return;
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
    setPriority(pid, niceness);
  } catch {
    // it has ended already
  }
}

/** Its set-up goes on meanwhile. What cannot be admitted although it lives is ended. */
function admitWhenMade({ admit, keeper }: LaunchRequest, status: Status, gate: Writable): void {
  gate.on("error", () => undefined);
  status.onInit.add((init) => {
    Promise.all([admit?.(init), keeper && handedOver(init)]).then(
      () => (keeper === null ? gate.end("go") : gate.end()),
      (error: unknown) => {
        if (status.ending || isGone(init)) return;
        status.refusal = error as Error;
        endProcess(init);
      },
    );
  });
}

/**
 * On the way to the keeper's namespace bubblewrap leaves its parent behind, and past the gate it asks to be killed when its
 * parent ends: on a busy machine that would be the one it has left.
 */
async function handedOver(init: number): Promise<void> {
  const deadline = performance.now() + HANDED_OVER_MS;
  for (let tries = 0; !isGone(init) && !isChildOfFirst(init) && performance.now() < deadline; tries += 1)
    await nextLook(tries);
}

/** What is waited for comes mostly within a millisecond. */
const nextLook = (tries: number): Promise<unknown> => (tries < QUICK_TRIES ? immediate() : sleep(1));

/**
 * With a keeper, bubblewrap waits for ever for a first process that ended while setting up. One that has heard of a normal
 * end does not sleep, however long a busy machine leaves it without a processor.
 */
function lookForLost(child: ChildProcess, status: Status): () => void {
  let missed = 0;
  const timer = setInterval(() => {
    // In this order: the first process tells bubblewrap before it goes.
    const isWaiting = status.init !== null && isGone(status.init) && isAsleep(child.pid);
    missed = isWaiting ? missed + 1 : 0;
    if (missed < LOST_LOOKS) return;
    status.lost = true;
    child.kill("SIGKILL");
  }, LOST_MS);
  return () => clearInterval(timer);
}

/**
 * Bubblewrap reports the command's end slightly before the last process inside is gone, mostly by less than a
 * millisecond. With a keeper its end does not bring theirs.
 */
async function gone(init: number, { kill }: { readonly kill: boolean }): Promise<void> {
  const deadline = performance.now() + GONE_MS;
  if (kill && !isGone(init)) endProcess(init);
  for (let tries = 0; !isGone(init) && performance.now() < deadline; tries += 1) {
    await nextLook(tries);
  }
}
