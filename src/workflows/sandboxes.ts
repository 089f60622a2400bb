import { join } from "node:path";
import { InfrastructureError } from "../errors.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import type { Limits, Mount, Sandbox, SandboxPolicy } from "../sandbox/sandbox.ts";
import { environmentVariables } from "../repo/python-environment.ts";
import { linkDependencies, type DependencySource } from "../repo/dependencies.ts";
import type { WorkDesk } from "./workflow.ts";

const MiB = 2 ** 20;

/** Limits of one command, unless a stage narrows them. */
export const defaultLimits: Limits = {
  wallMs: 600_000,
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
  readonly network?: SandboxPolicy["network"];
  readonly limits?: Partial<Limits>;
}

/** A sandbox around a directory of claw's own: its packages read-only, its git disposable, its frozen files frozen. */
export async function furnishRoom(desk: Pick<WorkDesk, "clone" | "openSandbox">, plan: RoomPlan): Promise<Room> {
  const network = plan.network ?? "none";
  const dependencies = await linkDependencies(plan.dir, plan.dependencies);
  const frozen: Mount[] = (plan.frozen ?? []).map((path) => ({
    source: join(plan.dir, path),
    target: `/workspace/${path}`,
  }));
  const git = await desk.clone.sandboxGit(plan.dir, plan.tree);
  const sandbox = await desk.openSandbox({
    workspace: plan.dir,
    workspaceMode: "rw",
    git,
    mounts: [...dependencies, ...frozen],
    env: await environmentVariables(plan.dependencies),
    network,
    limits: { ...defaultLimits, ...plan.limits },
  });
  return {
    dir: plan.dir,
    sandbox,
    async close() {
      await sandbox.close();
      await removeTree(git.dir);
    },
  };
}

/** The same for a run, on record. */
export async function openRoom(desk: WorkDesk, plan: RoomPlan): Promise<Room> {
  const room = whileThereIsSpace(await furnishRoom(desk, plan));
  await desk.log.append({
    type: "sandbox.opened",
    purpose: plan.purpose,
    policy: room.sandbox.policyHash,
    degraded: [...room.sandbox.degraded],
    network: plan.network ?? "none",
  });
  return room;
}

/** A disk that is nearly full says nothing about the work: the run pauses, and nobody is told that a test or a command failed. */
const whileThereIsSpace = (room: Room): Room => ({
  ...room,
  sandbox: {
    ...room.sandbox,
    async exec(argv, options) {
      const result = await room.sandbox.exec(argv, options);
      if (result.killed !== "disk-floor") return result;
      throw new InfrastructureError(
        `the disk that holds CLAW_HOME has less than ${defaultLimits.diskFloorBytes / MiB} MiB free`,
        "free space there",
      );
    },
  },
});
