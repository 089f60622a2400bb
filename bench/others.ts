import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { openSandbox } from "../src/sandbox/open.ts";
import type { Sandbox, SandboxHost, SandboxPolicy } from "../src/sandbox/sandbox.ts";

/** Milliseconds of one thing that is done again and again. */
export type Timed = () => Promise<number>;

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

/** An id that nobody has. */
const USER = "54321";
const SETPRIV = "/usr/bin/setpriv";
const script = fileURLToPath(new URL("./user-commands.ts", import.meta.url));

/** The same commands as an ordinary user, where claw is measured by root and that user can read it; null elsewhere. */
export async function ordinaryUser(): Promise<{ of(what: "bare" | "claw" | "file"): Timed; end(): void } | null> {
  const own = ["--reuid", USER, "--regid", USER, "--clear-groups", "--", process.execPath];
  if (process.getuid?.() !== 0 || spawnSync(SETPRIV, [...own, "--check", script]).status !== 0) return null;
  const child = spawn(SETPRIV, [...own, script], {
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== "ready") return null;
  const of = (what: string) => async (): Promise<number> => {
    child.stdin.write(`${what}\n`);
    return Number((await lines.next()).value);
  };
  return { of, end: () => void child.stdin.end() };
}

const runs = (program: string): boolean => {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** A container of podman with each runtime that is installed, by name. */
export async function containers(policy: SandboxPolicy, host: SandboxHost): Promise<Readonly<Record<string, Sandbox>>> {
  const found: Record<string, Sandbox> = {};
  if (process.getuid?.() !== 0 || !runs("podman")) return found;
  for (const runtime of ["runc", "runsc"].filter(runs)) {
    const container = { backend: "podman", runtime } as const;
    const box = await openSandbox(policy, { ...host, container }).catch(() => null);
    if (box) found[runtime === "runsc" ? "podman with gVisor" : "podman"] = box;
  }
  return found;
}

/** Not a dependency: compared with where somebody has installed it in a folder of its own, and says so in CLAW_BENCH_SRT. */
const SRT = "@anthropic-ai/sandbox-runtime";
export const SRT_MISSING = `srt is not compared: npm install ${SRT} in a folder of its own, and name that in CLAW_BENCH_SRT`;

interface Srt {
  readonly SandboxManager: {
    initialize(config: object): Promise<void>;
    wrapWithSandbox(command: string): Promise<string>;
    reset(): Promise<void>;
  };
}

/** The sandbox that srt makes, as a library in this process; null where it is not installed. Throws where the folder named has none. */
export async function srt(cwd: string): Promise<{ readonly run: Timed; end(): Promise<void> } | null> {
  const folder = process.env["CLAW_BENCH_SRT"];
  if (!folder) return null;
  const resolved = createRequire(join(folder, "package.json")).resolve(SRT);
  const { SandboxManager } = (await import(pathToFileURL(resolved).href)) as Srt;
  const network = { allowedDomains: [], deniedDomains: [] };
  await SandboxManager.initialize({ network, filesystem: { denyRead: [], allowWrite: [cwd], denyWrite: [] } });
  const run = (): Promise<number> =>
    timed(async () => {
      const wrapped = await SandboxManager.wrapWithSandbox("true");
      const child: ChildProcess = spawn("/bin/bash", ["-c", wrapped], { cwd, stdio: "ignore" });
      const code = await new Promise((resolve) => child.once("close", resolve));
      if (code !== 0) throw new Error(`srt ended with ${String(code)}`);
    });
  return { run, end: () => SandboxManager.reset() };
}
