import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { SandboxUnavailable } from "../../errors.ts";
import { runtimeOf } from "./arguments.ts";
import { isAlive, readProcessUse } from "../processes.ts";
import type { ContainerChoice, ExecResult, SandboxHost } from "../sandbox.ts";
import { type ContainedOptions, execIn } from "./exec.ts";

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

const PATIENCE_MS = 60_000;
/** With these a client ends that could not run a command, and so may a command. */
const clientCodes: readonly number[] = [125, 126, 128, 255];
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
