import { execFile, type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { borrowProof, keepProof } from "./proven-sandbox.ts";
import { refuseStrangeLines } from "./published-lines.ts";

export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(projectRoot, "bin", "claw.js");
const run = promisify(execFile);

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's machine in a temporary directory: a home, a state directory, and git repositories. */
export interface Machine {
  readonly dir: string;
  readonly clawHome: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs the built binary to its end. */
  claw(
    args: readonly string[],
    options?: { cwd?: string; env?: NodeJS.ProcessEnv; stdin?: string | Buffer },
  ): Promise<Finished>;
  /** Starts it, for tests that stop it halfway. */
  start(
    args: readonly string[],
    options?: { cwd?: string; env?: NodeJS.ProcessEnv },
  ): { child: ChildProcess; done: Promise<Finished> };
  /** A repository with one commit of the given files. */
  repository(name: string, files: Readonly<Record<string, string | Buffer>>): Promise<string>;
  /** A copy of examples/<name> as a repository with one commit; packages of this project stand in for installed ones. */
  example(name: string): Promise<string>;
  git(cwd: string, ...args: string[]): Promise<string>;
  remove(): void;
}

export function machine(): Machine {
  const dir = mkdtempSync(join(tmpdir(), "claw-test-"));
  const clawHome = join(dir, "state");
  const home = join(dir, "home");
  mkdirSync(home);
  borrowProof(join(clawHome, "sandbox"));
  const env: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: home,
    USER: "tester",
    LANG: "C.UTF-8",
    CLAW_HOME: clawHome,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "A User",
    GIT_AUTHOR_EMAIL: "user@example.org",
    GIT_COMMITTER_NAME: "A User",
    GIT_COMMITTER_EMAIL: "user@example.org",
  };
  const git = async (cwd: string, ...args: string[]): Promise<string> =>
    (await run("git", args, { cwd, env })).stdout.trim();
  const commit = async (path: string): Promise<string> => {
    await git(path, "init", "--quiet", "--initial-branch=main");
    await git(path, "add", "--all");
    await git(path, "commit", "--quiet", "--message=base");
    return path;
  };
  const start: Machine["start"] = (args, options = {}) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: options.cwd ?? dir,
      env: { ...env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    return { child, done: finished(child) };
  };
  return {
    dir,
    clawHome,
    env,
    git,
    start,
    async claw(args, options = {}) {
      const { child, done } = start(args, options);
      child.stdin?.on("error", () => {});
      child.stdin?.end(options.stdin ?? "");
      const ended = await done;
      refuseStrangeLines(args, ended.stdout);
      return ended;
    },
    async repository(name, files) {
      const path = join(dir, name);
      for (const [file, content] of Object.entries(files)) {
        mkdirSync(dirname(join(path, file)), { recursive: true });
        writeFileSync(join(path, file), content);
      }
      return commit(path);
    },
    async example(name) {
      const path = join(dir, name);
      cpSync(join(projectRoot, "examples", name), path, { recursive: true });
      writeFileSync(join(path, ".gitignore"), "node_modules\n__pycache__/\n");
      await commit(path);
      if (existsSync(join(path, "package-lock.json")))
        symlinkSync(join(projectRoot, "node_modules"), join(path, "node_modules"));
      return path;
    },
    remove() {
      keepProof(join(clawHome, "sandbox"));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function finished(child: ChildProcess): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The result object that `--json` prints last. */
export const resultOf = ({ stdout }: Finished): Record<string, never> =>
  JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<string, never>;
