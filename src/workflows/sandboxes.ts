import type { Stats } from "node:fs";
import { lstat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InfrastructureError, SandboxUnavailable, WorkspaceError } from "../errors.ts";
import { levelOf, reaches } from "../policy/sandbox-level.ts";
import type { Event } from "../ledger/events.ts";
import { holdsCredential, maskOf } from "../policy/masks.ts";
import { sessionHosts } from "../policy/network.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import type { EgressLimits, Limits, Mount, OnEgress, Sandbox, SandboxPolicy } from "../sandbox/sandbox.ts";
import { environmentVariables } from "../repo/python-environment.ts";
import { linkDependencies, type DependencySource } from "../repo/dependencies.ts";
import { printableLine } from "../text.ts";
import { withPolicy } from "./room-policy.ts";
import type { WorkDesk } from "./workflow.ts";

const MiB = 2 ** 20;

/** Limits of one command, unless a stage narrows them. */
export const defaultLimits: Limits = {
  wallMs: 600_000,
  idleMs: 180_000,
  outputBytes: 16 * MiB,
  outputKillBytes: 256 * MiB,
  openFiles: 4096,
  fileBytes: 2048 * MiB,
  processes: 512,
  memoryBytes: 4096 * MiB,
  diskBytes: 4096 * MiB,
  diskFloorBytes: 512 * MiB,
};

export interface Room {
  /** Host directory shown as /workspace. */
  readonly dir: string;
  readonly sandbox: Sandbox;
  /** Files of the repository that commands find empty. */
  readonly masked: readonly string[];
  /** Closes the sandbox; the files stay. */
  close(): Promise<void>;
}

export interface RoomPlan {
  /** Why it is opened, for the record. */
  readonly purpose: string;
  readonly dir: string;
  /** Tree the directory holds, or held when the session in it began. */
  readonly tree: string;
  readonly dependencies: readonly DependencySource[];
  /** Files of the workspace that nothing inside may change, relative paths. */
  readonly frozen?: readonly string[];
  /** Files of the tree that commands find empty, relative paths; with any, their git knows one commit in which they are. */
  readonly masked?: readonly string[];
  /** Hosts that commands may reach; none when left out. */
  readonly hosts?: readonly string[];
  readonly egressLimits?: Partial<EgressLimits>;
  readonly onEgress?: OnEgress;
  readonly workspaceMode?: SandboxPolicy["workspaceMode"];
  /** Shown besides packages and frozen files, and set besides what packages need. */
  readonly mounts?: readonly Mount[];
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  /** A sandbox policy of the user's that narrows it, besides what it says itself. */
  readonly policy?: string;
  /** Rules of what is hidden, after those of claw.yaml. */
  readonly mask?: readonly string[];
  /** False: commands find an empty, reserved place for git. */
  readonly hasGit?: boolean;
  /** What commands may ask of the kernel, and what of the machine is required. */
  readonly kernel?: Pick<SandboxPolicy, "ptrace" | "unixSockets" | "sharedMemoryBytes" | "requires">;
}

/** A sandbox around a directory of claw's own: its packages read-only, its git disposable, its frozen files frozen. */
export async function furnishRoom(desk: Pick<WorkDesk, "clone" | "openSandbox">, plan: RoomPlan): Promise<Room> {
  const dependencies = await linkDependencies(plan.dir, plan.dependencies);
  const frozen: Mount[] = (plan.frozen ?? []).map((path) => ({
    source: join(plan.dir, path),
    target: `/workspace/${path}`,
  }));
  const masks = await maskMounts(plan);
  const git = plan.hasGit === false ? null : await desk.clone.sandboxGit(plan.dir, plan.tree, plan.masked);
  const hosts = plan.hosts ?? [];
  const policy: SandboxPolicy = {
    workspace: plan.dir,
    workspaceMode: plan.workspaceMode ?? "rw",
    git,
    mounts: [...dependencies, ...frozen, ...masks, ...(plan.mounts ?? [])],
    env: { ...(await environmentVariables(plan.dependencies)), ...plan.env },
    network: hosts.length === 0 ? "none" : { hosts, ...(plan.egressLimits && { limits: plan.egressLimits }) },
    limits: { ...defaultLimits, ...plan.limits },
    ...plan.kernel,
  };
  const sandbox = await desk.openSandbox(policy, plan.onEgress);
  return {
    dir: plan.dir,
    sandbox,
    masked: plan.masked ?? [],
    async close() {
      await sandbox.close();
      if (git) await removeTree(git.dir);
    },
  };
}

/** The same for a run, on record, with the hosts that the repository declares unless the plan says otherwise. */
export async function openRoom(desk: WorkDesk, asked: Omit<RoomPlan, "onEgress">): Promise<Room> {
  const plan = await withPolicy(desk, { ...asked, hosts: asked.hosts ?? sessionHosts(desk.manifest, desk.network) });
  const onEgress: OnEgress = ({ kind, ...fact }) =>
    desk.log.append({ type: `egress.${kind}`, purpose: plan.purpose, ...fact } as Event);
  const masked = await maskedFiles(desk, plan);
  const room = whileThereIsSpace(await furnishRoom(desk, { ...plan, masked, onEgress }));
  const { degraded, backend } = room.sandbox;
  const { level } = desk.manifest.sandbox;
  const opened: Event = {
    type: "sandbox.opened",
    purpose: plan.purpose,
    policy: room.sandbox.policyHash,
    degraded: [...degraded],
    backend,
    ...(backend !== "none" && { level: levelOf(degraded) }),
    network: backend === "none" ? "host" : "none",
    ...(plan.hosts.length > 0 && { hosts: [...plan.hosts] }),
    ...(masked.length > 0 && { masked: [...masked], git: "one-commit" as const }),
    ...(plan.hasGit === false && { git: "none" as const }),
    ...(plan.workspaceMode === "ro" && { workspace: "ro" as const }),
  };
  try {
    await desk.log.append(opened);
  } catch (error) {
    // Whoever lost the run has no use for it, and could not end with it open.
    await room.close();
    throw error;
  }
  if (reaches(level, degraded)) return room;
  await room.close();
  throw new SandboxUnavailable(
    `claw.yaml asks for a ${level} sandbox, and on this machine it lacks: ${degraded.join(", ")}`,
    "see what each of them needs: claw doctor sandbox",
  );
}

/**
 * Files of a tree that are hidden from commands: those that the repository names, and usual places of credentials that
 * hold one. Throws WorkspaceError where one has a name that is not UTF-8: what is laid over it would lie elsewhere.
 */
export async function maskedFiles(
  { clone, manifest, network }: Pick<WorkDesk, "clone" | "manifest" | "network">,
  { tree, mask: user = [] }: Pick<RoomPlan, "tree" | "mask">,
): Promise<readonly string[]> {
  const rules = { repository: manifest.sandbox.mask, user, shows: network.shows ?? [] };
  const wanted = (await clone.list(tree)).flatMap(({ path, mode }) => {
    const mask = mode.startsWith("100") ? maskOf(path, rules) : null;
    return mask ? [{ path, mask }] : [];
  });
  const found = wanted.map(async ({ path, mask }) => {
    const text = mask.ifSecret ? (await clone.read(tree, path))?.toString("latin1") : undefined;
    return text === undefined || holdsCredential(text) ? [path] : [];
  });
  const masked = (await Promise.all(found)).flat();
  const unclear = masked.find((path) => path.includes("\uFFFD"));
  if (unclear === undefined) return masked;
  throw new WorkspaceError(
    `${printableLine(unclear.replaceAll("\uFFFD", "?"))} has to be hidden from commands, and its name is not UTF-8`,
    "give the file another name, or take it out of the repository",
  );
}

/** An empty file over each that is there. It lies beside the workspace, where no command can reach it. */
async function maskMounts({ dir, masked = [] }: RoomPlan): Promise<Mount[]> {
  if (masked.length === 0) return [];
  const source = `${dir}.masked`;
  await writeFile(source, "", { flag: "a", mode: 0o444 });
  const isThere = await Promise.all(masked.map(async (path) => (await lstatOf(join(dir, path)))?.isFile() ?? false));
  const there = masked.filter((_, index) => isThere[index]);
  return there.map((path) => ({ source, target: `/workspace/${path}`, hides: true }));
}

const lstatOf = (path: string): Promise<Stats | null> => lstat(path).catch(() => null);

/** A disk that is nearly full says nothing about the work: the run pauses, and nobody is told that a test or a command failed. */
const whileThereIsSpace = (room: Room): Room => ({
  ...room,
  sandbox: {
    ...room.sandbox,
    async exec(argv, options) {
      const result = await room.sandbox.exec(argv, options);
      if (result.killed !== "disk-floor") return result;
      throw new InfrastructureError(
        `the disk that holds CLAW_HOME has less than ${defaultLimits.diskFloorBytes / MiB} MiB free, or less than one file in fifty`,
        "free space there (df, df -i)",
      );
    },
  },
});
