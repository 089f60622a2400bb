import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import type { ExecOptions, ExecResult, Sandbox, SandboxHost, SandboxPolicy } from "../../src/sandbox/sandbox.ts";
import { borrowProof, keepProof } from "../support/proven-sandbox.ts";
import { limits } from "./limits.ts";

/** Everything a sandbox test needs, in one temporary directory; the sandboxes are closed when the file is done. */
export interface Workbench {
  readonly dir: string;
  readonly host: SandboxHost;
  /** A new directory with these files, for use as a workspace. */
  workspace(files?: Readonly<Record<string, string>>): string;
  open(policy?: Partial<SandboxPolicy>): Promise<Sandbox>;
}

export function workbench(): Workbench {
  const dir = mkdtempSync(join(tmpdir(), "claw-sandbox-"));
  const home = join(dir, "home");
  mkdirSync(home);
  const host = { path: process.env["PATH"] ?? "", home, stateDir: join(dir, "state") };
  borrowProof(host.stateDir);
  const opened: Sandbox[] = [];
  let count = 0;
  const workspace = (files: Readonly<Record<string, string>> = {}): string => {
    const path = join(dir, `workspace-${++count}`);
    mkdirSync(path);
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(path, name, ".."), { recursive: true });
      writeFileSync(join(path, name), text);
    }
    return path;
  };
  afterAll(async () => {
    await Promise.all(opened.map((sandbox) => sandbox.close()));
    keepProof(host.stateDir);
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    dir,
    host,
    workspace,
    async open(policy = {}) {
      const base: SandboxPolicy = {
        workspace: policy.workspace ?? workspace(),
        workspaceMode: "rw",
        git: null,
        mounts: [],
        env: {},
        network: "none",
        limits,
      };
      const sandbox = await openSandbox({ ...base, ...policy }, host);
      opened.push(sandbox);
      return sandbox;
    },
  };
}

/** Runs a bash script in a sandbox. */
export const bash = (sandbox: Sandbox, script: string, options?: ExecOptions): Promise<ExecResult> =>
  sandbox.exec(["/bin/bash", "-c", script], options);

/** What a script prints, or a failing test that says why it did not. */
export async function output(sandbox: Sandbox, script: string, options?: ExecOptions): Promise<string> {
  const { exitCode, stdout, stderr } = await bash(sandbox, script, options);
  if (exitCode !== 0) throw new Error(`exit ${exitCode}: ${stderr.toString("utf8")}${stdout.toString("utf8")}`);
  return stdout.toString("utf8").trim();
}

/** The same script without any sandbox: does what it tries succeed there? */
export function succeedsOutside(script: string, cwd: string, env: Readonly<Record<string, string>> = {}): boolean {
  try {
    execFileSync("/bin/bash", ["-c", script], { cwd, env: { PATH: "/usr/bin:/bin", ...env }, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Processes of the whole machine whose command line contains a word. */
export const processesWith = (word: string): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(pid).includes(word))
    .map(Number);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
