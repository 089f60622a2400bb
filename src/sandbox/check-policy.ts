import { createHash } from "node:crypto";
import { lstatSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, normalize, relative, sep } from "node:path";
import { UsageError, WorkspaceError } from "../errors.ts";
import { checkedEnvironment, NODE_OPTIONS } from "./environment.ts";
import type { MountPoint } from "./mount-points.ts";
import type { Mount, SandboxHost, SandboxPolicy } from "./sandbox.ts";

/** Where the workspace is inside, whatever it is called outside. */
export const WORKSPACE = "/workspace";

/** A policy whose paths exist and are canonical, and the places in the workspace it mounts over. */
export interface CheckedPolicy {
  readonly policy: SandboxPolicy;
  readonly mountPoints: readonly MountPoint[];
  /** SHA-256, hex, of the policy as it was given. */
  readonly hash: string;
}

/** Is `path` the directory or below it? Both absolute and normal. */
export const isInside = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith("/") ? directory : `${directory}/`);

/** Targets a policy may not mount over: the system, and what the sandbox itself puts there. */
const reserved = ["/usr", "/etc", "/proc", "/dev", "/bin", "/sbin", "/lib", "/lib64", "/run", `${WORKSPACE}/.git`];

/** Refuses a policy that would show the host, or mount where it must not; throws UsageError or WorkspaceError. */
export function checkPolicy(policy: SandboxPolicy, host: SandboxHost): CheckedPolicy {
  const workspace = realDirectory(policy.workspace);
  checkGitPlace(workspace);
  checkedEnvironment(policy.env, [NODE_OPTIONS]);
  if (policy.unixSockets === false && policy.network !== "none" && policy.network.hosts.length > 0)
    throw new UsageError(
      "a sandbox without Unix sockets cannot reach hosts: the way to its proxy is one",
      "declare no hosts in that policy, or leave unixSockets out",
    );
  const keep = [host.stateDir, host.home].map(realIfThere);
  const source = (path: string): string => {
    // A file of the workspace is looked at when it is frozen: no link in the workspace is ever followed.
    const own = [policy.workspace, workspace].find((root) => isInside(normalize(path), root));
    if (own) return join(workspace, relative(own, normalize(path)));
    const real = realSource(path);
    if (isInside(real, workspace))
      throw new UsageError(`${path} leads into the workspace`, "name the file by its own path");
    const shows = keep.find((secret) => isInside(secret, real));
    if (shows) throw new UsageError(`mounting ${path} would show ${shows} to the command`, "mount something smaller");
    return real;
  };
  const mounts = policy.mounts.map((mount) => ({
    ...mount,
    source: source(mount.source),
    target: target(mount.target),
  }));
  const git = policy.git && { dir: realDirectory(policy.git.dir), objects: policy.git.objects.map(realDirectory) };
  if (git && isInside(git.dir, workspace)) {
    throw new UsageError(
      `the git directory ${git.dir} lies in the workspace`,
      "keep it where commands cannot reach it",
    );
  }
  const shallowFirst = mounts.toSorted((a, b) => a.target.split("/").length - b.target.split("/").length);
  return {
    policy: { ...policy, workspace, git, mounts: shallowFirst },
    mountPoints: [
      { path: ".git", kind: "directory" },
      ...shallowFirst.flatMap((mount) => pointInWorkspace(mount, workspace)),
    ],
    hash: createHash("sha256").update(canonical(policy)).digest("hex"),
  };
}

function realDirectory(path: string): string {
  const real = realSource(path);
  if (!statSync(real).isDirectory())
    throw new UsageError(`${path} is not a directory`, "the sandbox mounts a directory there");
  return real;
}

function realSource(path: string): string {
  if (!isAbsolute(path))
    throw new UsageError(`"${path}" is not an absolute path`, "the sandbox mounts absolute paths only");
  try {
    return realpathSync(path);
  } catch (error) {
    throw new UsageError(
      `${path} cannot be shown to the command: it does not exist`,
      "mount something that exists",
      error,
    );
  }
}

const realIfThere = (path: string): string => {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
};

function target(path: string): string {
  if (!isAbsolute(path) || normalize(path) !== path || path.endsWith("/") || path.includes("\0")) {
    throw new UsageError(`"${path}" is not a plain absolute path`, "mount targets have no '.', '..' or trailing '/'");
  }
  if (path === WORKSPACE || reserved.some((place) => isInside(path, place))) {
    throw new UsageError(
      `nothing can be mounted at ${path}: the sandbox itself needs that place`,
      "choose another target",
    );
  }
  return path;
}

/** A missing .git will be reserved, a directory hidden; anything else points somewhere else. */
function checkGitPlace(workspace: string): void {
  const found = lstatSync(`${workspace}/.git`, { throwIfNoEntry: false });
  if (!found || found.isDirectory()) return;
  throw new WorkspaceError(
    `${workspace}/.git is not a directory, but a pointer to one`,
    "run in a clone, not in a linked worktree",
  );
}

function pointInWorkspace(mount: Mount, workspace: string): MountPoint[] {
  if (!isInside(mount.target, WORKSPACE)) return [];
  const directory = !isInside(mount.source, workspace) && statSync(mount.source).isDirectory();
  return [{ path: relative(WORKSPACE, mount.target), kind: directory ? "directory" : "file" }];
}

/** Is any of the places below another directory of the workspace, which a command could move away or replace? */
export const isNested = (points: readonly MountPoint[]): boolean => points.some(({ path }) => path.includes(sep));

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join(",")}}`;
}
