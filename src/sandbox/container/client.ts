import { execFile, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { SandboxUnavailable } from "../../errors.ts";
import { runtimeOf } from "./arguments.ts";
import { keepEnds, outputOf } from "../keep-ends.ts";
import { type Killed, killedExitCodes } from "../killed.ts";
import type { ContainerChoice, ExecOptions, ExecResult, Limits, SandboxHost } from "../sandbox.ts";

/** The program that talks to the engine. A client can die without its container, so all is done by the container's id. */
export interface Client {
  newName(): string;
  /** Starts a container and gives its id. */
  run(args: readonly string[]): Promise<string>;
  exec(id: string, argv: readonly string[], options: ExecOptions & { readonly limits?: Limits }): Promise<ExecResult>;
  remove(id: string): Promise<void>;
  /** Removes what processes left that are no more. */
  sweep(): Promise<void>;
}

const PATIENCE_MS = 60_000;
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
  return {
    newName: () => `claw-${boot}-${process.pid}-${randomUUID().slice(0, 8)}`,
    run: async (args) => (await ask(args)).split("\n").at(-1) ?? "",
    remove,
    async sweep() {
      const names = (await ask(["ps", "--all", "--filter", "name=^claw-", "--format", "{{.Names}}"])).split("\n");
      for (const name of names) {
        const [, of = "", pid = ""] = /^claw-([0-9a-f]{12})-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
        if (pid !== "" && (of !== boot || !isAlive(Number(pid)))) await remove(name).catch(() => undefined);
      }
    },
    exec: (id, argv, options) => execIn({ program: backend, global, env, id }, argv, options),
  };
}

/** Docker ends in advice. */
function reasonIn(stderr: string): string {
  const lines = stderr.trim().split("\n");
  return lines.find((line) => /error|unknown|cannot|denied/i.test(line)) ?? lines.at(-1) ?? "no reason given";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
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
  options: ExecOptions & { readonly limits?: Limits },
): Promise<ExecResult> {
  const { limits, signal, merge = false, stdin } = options;
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
  // Of the container's own user: the first process is out of the signal's reach, and all others go.
  const killAll = (): Promise<unknown> =>
    run(program, [...global, "exec", id, "/bin/bash", "-c", "kill -9 -1"], { env, timeout: PATIENCE_MS }).catch(
      () => {},
    );
  const kill = (why: Killed): void => {
    if (killed) return;
    killed = why;
    void killAll().then(() => child.kill("SIGKILL"));
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
  const abort = (): void => kill("abort");
  signal?.addEventListener("abort", abort, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearTimeout(timer);
  signal?.removeEventListener("abort", abort);
  if (!killed) await killAll();
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
