import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { SandboxUnavailable } from "../../errors.ts";
import { runtimeOf } from "./arguments.ts";
import { keepEnds, outputOf } from "../keep-ends.ts";
import { type Killed, killedExitCodes } from "../killed.ts";
import { endOthers, isAlive, readProcessUse } from "../processes.ts";
import type { ContainerChoice, ExecOptions, ExecResult, Limits, SandboxHost } from "../sandbox.ts";
import { watch } from "../watchdog.ts";

/** The program that talks to the engine. A client can die without its container, so all is done by the container's id. */
export interface Client {
  newName(): string;
  /** Starts a container and gives its id. */
  run(args: readonly string[]): Promise<string>;
  exec(id: string, argv: readonly string[], options: ContainedOptions): Promise<ExecResult>;
  /** Does the engine run as an ordinary user, who is 0 in its containers? */
  isRootless(): Promise<boolean>;
  /** The first process of a container as this machine numbers it; null where its processes are another machine's. */
  init(id: string): Promise<number | null>;
  remove(id: string): Promise<void>;
  /** Removes what processes left that are no more. */
  sweep(): Promise<void>;
}

/** What a command in a container is held to. */
export interface ContainedOptions extends ExecOptions {
  readonly limits?: Limits;
  /** Directories of the host that it can write to, to count what it does. */
  readonly directories?: readonly [string, ...string[]];
  /** The container's first process, as this machine numbers it. */
  readonly init?: number | null;
}

const PATIENCE_MS = 60_000;
/** With these a client ends that could not run a command, and so may a command. */
const clientCodes: readonly number[] = [125, 126, 128, 255];
const KEPT_BYTES = 2 ** 20;
const run = promisify(execFile);

/** Talks to podman or docker with an environment of its own: nothing of the user's but where things are. */
export function engineClient(engine: ContainerChoice, host: SandboxHost): Client {
  const { backend } = engine;
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: host.home };
  const global = backend === "podman" ? runtimeOf(engine) : [];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").replaceAll("-", "").slice(0, 12);
  const ask = async (args: readonly string[]): Promise<string> => {
    try {
      return (await run(backend, [...args], { env, timeout: PATIENCE_MS })).stdout.trim();
    } catch (error) {
      const { code, stderr = "" } = error as { code?: string | number; stderr?: string };
      const missing = code === "ENOENT";
      throw new SandboxUnavailable(
        missing ? `${backend} is not installed` : `${backend} refused: ${reasonIn(stderr)}`,
        missing ? `install ${backend}, or set sandbox.backend to bubblewrap` : `see what it says: ${backend} info`,
        error,
      );
    }
  };
  const remove = async (id: string): Promise<void> => void (await ask([...global, "rm", "--force", id]));
  const isRunning = async (id: string): Promise<boolean> =>
    (await ask([...global, "inspect", "--format", "{{.State.Running}}", id]).catch(() => "")) === "true";
  return {
    newName: () => `claw-${boot}-${process.pid}-${randomUUID().slice(0, 8)}`,
    run: async (args) => (await ask(args)).split("\n").at(-1) ?? "",
    remove,
    isRootless: async () => (await ask(["info", "--format", "{{json .SecurityOptions}}"])).includes('"name=rootless"'),
    async init(id) {
      const pid = Number(await ask([...global, "inspect", "--format", "{{.State.Pid}}", id]));
      return pid > 0 && readProcessUse(pid, 0) !== null ? pid : null;
    },
    async sweep() {
      const names = (await ask(["ps", "--all", "--filter", "name=^claw-", "--format", "{{.Names}}"])).split("\n");
      for (const name of names) {
        const [, of = "", pid = ""] = /^claw-([0-9a-f]{12})-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
        if (pid !== "" && (of !== boot || !isAlive(Number(pid)))) await remove(name).catch(() => undefined);
      }
    },
    async exec(id, argv, options) {
      const result = await execIn({ program: backend, global, env, id }, argv, options);
      if (!clientCodes.includes(result.exitCode) || (await isRunning(id))) return result;
      throw new SandboxUnavailable(
        `the container ended amid a command: ${reasonIn(result.stderr.toString("utf8"))}`,
        `see whether one stays: claw doctor sandbox`,
      );
    },
  };
}

/** Docker ends in advice. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => /error|unknown|cannot|denied/i.test(line)) ?? lines.at(-1) ?? "no reason given";
}

interface Where {
  readonly program: string;
  readonly global: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly id: string;
}

/** One command, to its end and that of everything it started. */
async function execIn(
  { program, global, env, id }: Where,
  argv: readonly string[],
  options: ContainedOptions,
): Promise<ExecResult> {
  const { limits, signal, merge = false, stdin, init = null, directories } = options;
  signal?.throwIfAborted();
  const started = performance.now();
  const kept = {
    stdout: keepEnds(limits?.outputBytes ?? KEPT_BYTES),
    stderr: keepEnds(limits?.outputBytes ?? KEPT_BYTES),
  };
  const extra = Object.entries(options.env ?? {}).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const words = ["exec", ...(stdin === undefined ? [] : ["--interactive"]), ...extra];
  const place = options.cwd === undefined ? [] : ["--workdir", options.cwd];
  const child = spawn(program, [...global, ...words, ...place, id, ...argv], { env, stdio: ["pipe", "pipe", "pipe"] });
  let killed: Killed | null = null;
  let ending: Promise<void> | null = null;
  // Of the container's own user: the first process is out of the signal's reach, and all others go. One that has no room
  // for one more process, or makes them faster, is emptied from outside.
  const killAll = async (): Promise<void> => {
    const words = [...global, "exec", id, "/bin/bash", "-c", "kill -9 -1"];
    await run(program, words, { env, timeout: PATIENCE_MS }).catch(() => undefined);
    if (init !== null) await endOthers(init);
  };
  const kill = (why: Killed): void => {
    if (killed) return;
    killed = why;
    ending = killAll().then(() => void child.kill("SIGKILL"));
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
  const stopWatching =
    limits && directories
      ? watch({
          // Where its processes cannot be seen at work, silence says nothing.
          limits: init === null ? { ...limits, idleMs: Infinity } : limits,
          directories,
          init: () => init,
          refused: () => null,
          heard,
          kill,
        })
      : () => undefined;
  const abort = (): void => kill("abort");
  signal?.addEventListener("abort", abort, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  stopWatching();
  signal?.removeEventListener("abort", abort);
  await (ending ?? killAll());
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
