import { lstat, readFile, realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { readHostRules } from "../policy/host-rules.ts";
import { limitsOf, readSandboxFile, type SandboxFile } from "../policy/sandbox-file.ts";
import { repositoryHolding } from "../repo/layout.ts";
import type { PrivateRoomPlan } from "./private-room.ts";

interface Asked {
  readonly cwd: string;
  /** A policy file, relative to `cwd`. */
  readonly file: string | undefined;
  /** Hosts besides those of the file. */
  readonly hosts: readonly string[];
  readonly seconds: number | undefined;
}

/** What a person asks of one sandbox: a policy file, and flags that win over it. Throws UsageError. */
export async function readRoomPolicy({ cwd, file, hosts, seconds }: Asked): Promise<PrivateRoomPlan["room"]> {
  readHostRules(hosts);
  const policy = file === undefined ? null : await readTrusted(resolve(cwd, file), cwd);
  return {
    ...(policy && partsOf(policy)),
    hosts: [...(policy?.network.hosts ?? []), ...hosts],
    limits: { ...(policy && limitsOf(policy)), ...(seconds !== undefined && { wallMs: seconds * 1000 }) },
  };
}

function partsOf({ workspace, read, env, network }: SandboxFile): PrivateRoomPlan["room"] {
  const { uploadMiB, connections } = network;
  return {
    workspaceMode: workspace,
    mounts: read.map((path) => ({ source: path, target: path })),
    env,
    egressLimits: {
      ...(uploadMiB !== undefined && { uploadBytes: uploadMiB * 2 ** 20 }),
      ...(connections !== undefined && { connections }),
    },
  };
}

/** What decides about a command must be out of the command's reach, and of other users'. */
async function readTrusted(path: string, cwd: string): Promise<SandboxFile> {
  const found = await lstat(await realpath(path).catch(() => path)).catch(() => null);
  if (!found?.isFile())
    throw new UsageError(`there is no policy file ${path}`, "name a YAML file: claw sandbox --help");
  if ((found.mode & 0o022) !== 0)
    throw new UsageError(`the policy file ${path} can be written by others`, `take that away: chmod go-w ${path}`);
  const repository = await repositoryHolding(path, cwd);
  if (repository !== null)
    throw new UsageError(
      `the policy file ${path} is inside the repository ${repository}, where commands of a session could have written it`,
      "keep it outside, next to config.yaml for example",
    );
  return readSandboxFile(await readFile(path, "utf8"), path);
}
