import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly wallMs: number;
  /** Most memory the process itself ever held, its children apart; 0 unless asked for. */
  readonly peakKb: number;
}

export interface Launch {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Reads the peak memory every so many milliseconds. It only ever grows, so little can be missed. */
  readonly sampleMs?: number;
  /** Longest it may take. */
  readonly limitMs?: number;
}

/** Longest a measured process may take where nothing else is said. */
const LIMIT_MS = 180_000;

/** Runs a program to its end, from just before it is spawned until its output is closed. */
export function finish(
  command: string,
  args: readonly string[],
  { cwd, env, sampleMs, limitMs = LIMIT_MS }: Launch,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
      killSignal: "SIGKILL",
    });
    let [stdout, stderr, peakKb] = ["", "", 0];
    const sample = (): void => void (peakKb = Math.max(peakKb, peakMemoryKb(child.pid)));
    const sampler = sampleMs === undefined ? undefined : setInterval(sample, sampleMs);
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (exitCode) => {
      clearInterval(sampler);
      resolve({ exitCode, stdout, stderr, startedAt, wallMs: performance.now() - startedAt, peakKb });
    });
  });
}

function peakMemoryKb(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}
