import { mkdir } from "node:fs/promises";
import { checkPolicy, WORKSPACE } from "../check-policy.ts";
import { collectFile } from "../collect.ts";
import { baseEnvironment, checkedEnvironment } from "../environment.ts";
import type { LoopbackOutlet } from "../egress/outlet.ts";
import { inheritedDescriptors } from "../inherited.ts";
import { pipePool } from "../pipes.ts";
import type { Backend, ExecOptions, ExecResult, FileAnswer, Sandbox, SandboxFiles } from "../sandbox.ts";
import type { SandboxHost, SandboxPolicy } from "../sandbox.ts";
import { openScratch } from "../scratch.ts";
import { findToolchains, type Toolchains } from "../toolchains.ts";
import { endMarked, marked, sweepMarked } from "./leftovers.ts";
import { type Names, namesOf } from "./names.ts";
import { type Placed, placeInWorkspace } from "./placed.ts";
import { type HostBench, type HostCommand, runOnHost } from "./run.ts";

/** What keeps commands within bounds that run on the host's own paths. */
export interface Confinement {
  readonly backend: Extract<Backend, "none" | "seatbelt">;
  /** What it does not enforce. */
  readonly lacks: readonly string[];
  /** The command line that is started. */
  confined(command: HostCommand, room: HostRoom): HostCommand;
}

/** Where the commands of one such sandbox work. */
interface HostRoom {
  readonly policy: SandboxPolicy;
  readonly home: string;
  readonly tmp: string;
  readonly toolchains: Toolchains;
  /** What the policy and the way out add to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of this sandbox's own proxy on loopback; null without one. */
  readonly proxyPort: number | null;
}

/** A sandbox without mounts: the names that commands use are changed into those of the host, and back in what they say. */
export async function openOnHost(
  asked: SandboxPolicy,
  host: SandboxHost,
  confinement: Confinement,
  outlet: LoopbackOutlet | null = null,
): Promise<Sandbox> {
  await mkdir(host.stateDir, { recursive: true, mode: 0o700 });
  const { policy, hash } = checkPolicy(asked, host);
  const scratch = await openScratch(host.stateDir, policy.workspace);
  await sweepMarked(scratch.name);
  try {
    const names = namesOf(policy, scratch);
    const toolchains = await findToolchains(host);
    const env = { ...policy.env, ...outlet?.env };
    const room = { policy, env, proxyPort: outlet?.port ?? null, home: scratch.home, tmp: scratch.tmp, toolchains };
    const closing = new AbortController();
    const bench: HostBench = {
      limits: policy.limits,
      pipes: pipePool(scratch.host, null),
      scratch: scratch.host,
      inherited: inheritedDescriptors(),
      closing: closing.signal,
    };
    const placed = placeInWorkspace(policy);
    const { raw, running } = commandsOf({ bench, names, placed, room, confinement }, scratch.name);
    return {
      exec: async (argv, options = {}) =>
        said(
          names,
          await raw(
            argv.map((word) => names.toHost(word)),
            translated(names, options),
          ),
        ),
      files: filesOf(names, raw),
      handOver: () => Promise.resolve(),
      collect: async (path, maxBytes) => {
        const found = await collectFile(scratch.tmp, path, maxBytes);
        return found && names.toInside(found);
      },
      backend: confinement.backend,
      policyHash: hash,
      degraded: confinement.lacks,
      async close() {
        closing.abort();
        await Promise.allSettled(running);
        await endMarked(`${scratch.name}.`);
        placed.end();
        await scratch.remove();
      },
    };
  } catch (error) {
    await scratch.remove();
    throw error;
  }
}

/** What runs commands, each with a mark of its own, and those that run. */
function commandsOf(parts: Omit<Parts, "mark">, name: string) {
  const running = new Set<Promise<unknown>>();
  let commands = 0;
  const raw = (argv: readonly string[], options: ExecOptions): Promise<ExecResult> => {
    const result = execIn({ ...parts, mark: `${name}.${(commands += 1)}.` }, argv, options);
    running.add(result);
    return result.finally(() => running.delete(result));
  };
  return { raw, running };
}

interface Parts {
  readonly bench: HostBench;
  readonly names: Names;
  readonly placed: Placed;
  readonly room: HostRoom;
  readonly confinement: Confinement;
  /** The command's own, by which its processes are found. */
  readonly mark: string;
}

async function execIn(
  { bench, names, placed, room, confinement, mark }: Parts,
  argv: readonly string[],
  options: ExecOptions,
): Promise<ExecResult> {
  bench.closing.throwIfAborted();
  const { toolchains } = room;
  const variables = { ...baseEnvironment(toolchains.path), TMPDIR: "/tmp", ...toolchains.env, ...room.env };
  const env = { ...variables, ...checkedEnvironment(options.env ?? {}), ...marked(mark) };
  const hostEnv = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, names.toHost(value)]));
  const cwd = names.toHost(options.cwd ?? WORKSPACE);
  placed.link();
  try {
    return await runOnHost(bench, confinement.confined({ argv, env: hostEnv, cwd }, room), options);
  } finally {
    // Those of its group are gone; these left it.
    await endMarked(mark);
    placed.unlink();
  }
}

const translated = (names: Names, options: ExecOptions): ExecOptions => ({
  ...options,
  ...(typeof options.stdin === "string" && { stdin: names.ownToHost(options.stdin) }),
});

const said = (names: Names, result: ExecResult): ExecResult => ({
  ...result,
  stdout: names.toInside(result.stdout),
  stderr: names.toInside(result.stderr),
});

/** Files byte for byte: a command each. */
function filesOf(
  names: Names,
  raw: (argv: readonly string[], options: ExecOptions) => Promise<ExecResult>,
): SandboxFiles {
  const at = (path: string): string => (path.startsWith("/") ? names.toHost(path) : `./${path}`);
  const answer = ({ exitCode, stdout, stderr }: ExecResult): FileAnswer => ({
    bytes: stdout,
    problem: exitCode === 0 ? "" : names.toInside(stderr).toString("utf8").trim() || `exit ${exitCode}`,
  });
  const write = 'case $0 in */*) mkdir -p -- "${0%/*}" || exit ;; esac; cat > "$0"';
  return {
    read: async (path, maxBytes, signal) =>
      answer(await raw(["/usr/bin/head", "-c", `${maxBytes}`, at(path)], signal ? { signal } : {})),
    write: async (path, bytes, signal) =>
      answer(await raw(["/bin/bash", "-c", write, at(path)], { stdin: bytes, ...(signal && { signal }) })),
  };
}
