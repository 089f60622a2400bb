import { UsageError } from "../../errors.ts";
import { WORKSPACE } from "../check-policy.ts";
import { SHARED_MEMORY_BYTES, waysToHidden } from "../arguments.ts";
import { withoutCrashHandler } from "../crash-handler.ts";
import { HOME } from "../environment.ts";
import { THREADS_PER_PROCESS } from "../watchdog.ts";
import type { ContainerChoice, Limits, SandboxPolicy } from "../sandbox.ts";

/** Everything that decides what the commands of a container see. All paths exist and are canonical. */
export interface ContainerLayout {
  readonly engine: ContainerChoice;
  /** Names this run's container; it carries who made it, so that what a killed run left can be found. */
  readonly name: string;
  readonly policy: SandboxPolicy;
  /** An empty root with the mount points in it; not used where an image is named. */
  readonly root: string;
  readonly system: readonly string[];
  readonly etc: string;
  readonly home: string;
  readonly tmp: string;
  readonly toolchains: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whom the engine is told to run commands as; null: whom it chooses, for rootless podman the caller. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Does a rootless engine show the caller's id as it is? Otherwise it is 0 there, and the caller's own outside. */
  readonly keepsId: boolean;
  /** File with the profile of allowed system calls; null for the engine's own. */
  readonly seccomp: string | null;
  /** Socket of the egress proxy and where it is shown; empty without one. */
  readonly egress: readonly { readonly source: string; readonly target: string }[];
}

/** The command line of podman or docker that starts the run's container: nothing to reach, nothing to write, no privilege. */
export function containerArguments(layout: ContainerLayout): readonly string[] {
  const { engine, name, policy, env } = layout;
  const podman = engine.backend === "podman";
  const user = podman && layout.keepsId ? "--userns=keep-id" : "";
  return [
    ...(podman ? [...runtimeOf(engine), "run"] : ["run", ...runtimeOf(engine)]),
    ...words(`--detach --name ${name} --hostname sandbox --network none --read-only --cap-drop all`),
    ...words(
      `--security-opt no-new-privileges --ipc private --shm-size ${policy.sharedMemoryBytes ?? SHARED_MEMORY_BYTES} --stop-timeout 0`,
    ),
    ...(layout.seccomp === null ? [] : ["--security-opt", `seccomp=${layout.seccomp}`]),
    ...words(podman ? "--read-only-tmpfs=false" : ""),
    ...words(layout.user ? `--user ${layout.user.uid}:${layout.user.gid}` : user),
    ...limitArguments(policy.limits),
    ...mounts(layout).flatMap(({ source, target, writable }) => ["--volume", volume(source, target, writable)]),
    ...words(policy.git ? "" : `--tmpfs ${WORKSPACE}/.git:ro,size=4k`),
    ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    ...words(`--workdir ${WORKSPACE}`),
    ...(engine.image === undefined ? ["--rootfs", layout.root] : [engine.image]),
    // Who loses a parent becomes its child; with the signal ignored, as dash cannot, the kernel clears them away.
    "/bin/bash",
    "-c",
    "trap '' CHLD; exec /bin/sleep infinity",
  ];
}

/** gVisor, whose own kernel stands between commands and the machine's. */
export const isGvisor = ({ runtime }: ContainerChoice): boolean => runtime === "runsc";

/** Podman takes the runtime before each of its commands, docker where a container is started. */
export function runtimeOf(engine: ContainerChoice): readonly string[] {
  const { backend, runtime } = engine;
  if (runtime === undefined) return [];
  // Otherwise it looks for interfaces, in podman's network of none, and fails.
  const flags = backend === "podman" && isGvisor(engine) ? ["--runtime-flag=network=none"] : [];
  return ["--runtime", runtime, ...flags];
}

/** Words without blanks in them, none from outside claw. */
const words = (text: string): string[] => text.split(" ").filter(Boolean);

/** Of all processes of a container; the watchdog counts the processes. */
export const mostThreads = ({ processes }: Pick<Limits, "processes">): number => processes * THREADS_PER_PROCESS;

const limitArguments = ({ memoryBytes, openFiles, fileBytes, ...limits }: Limits): string[] => [
  ...words(`--pids-limit ${mostThreads(limits)} --memory ${memoryBytes} --memory-swap ${memoryBytes}`),
  ...words(
    `--ulimit core=${withoutCrashHandler() ? "1:1" : "0:0"} --ulimit nofile=${openFiles}:${openFiles} --ulimit fsize=${fileBytes}:${fileBytes}`,
  ),
  ...words(`--ulimit nproc=${mostThreads(limits)}:${mostThreads(limits)}`),
];

interface Shown {
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
}

/** In an image the system is the image's own; otherwise it is the host's, read-only. */
function mounts({ engine, policy, system, etc, home, tmp, toolchains, egress }: ContainerLayout): Shown[] {
  const own = (path: string): Shown => ({ source: path, target: path });
  const rw = policy.workspaceMode === "rw";
  const host = engine.image === undefined ? [...system.map(own), { source: etc, target: "/etc" }] : [];
  return [
    ...host,
    { source: tmp, target: "/tmp", writable: true },
    { source: home, target: HOME, writable: true },
    ...(engine.image === undefined ? toolchains.map(own) : []),
    { source: policy.workspace, target: WORKSPACE, writable: rw },
    ...(policy.git ? [{ source: policy.git.dir, target: `${WORKSPACE}/.git`, writable: true }] : []),
    ...(policy.git?.objects ?? []).map((source, index) => ({ source, target: `/run/git-objects/${index}` })),
    ...waysToHidden(policy.mounts).map((way) => ({
      source: policy.workspace + way,
      target: WORKSPACE + way,
      writable: rw,
    })),
    ...policy.mounts,
    ...egress,
  ];
}

function volume(source: string, target: string, writable: boolean | undefined): string {
  if (/[:,]/.test(source + target))
    throw new UsageError(
      `${source} cannot be shown in a container: its name has a colon or comma`,
      "rename it, or use bubblewrap",
    );
  return `${source}:${target}:${writable ? "rw" : "ro"}`;
}
