import { WORKSPACE } from "./check-policy.ts";
import { deviceNames } from "./devices.ts";
import { HOME } from "./environment.ts";
import type { Mount, SandboxPolicy } from "./sandbox.ts";
import type { SystemRoot } from "./system-root.ts";

/** Everything that decides what a command sees. All paths exist and are canonical. */
export interface Layout {
  readonly policy: SandboxPolicy;
  readonly system: SystemRoot;
  /** The prepared stand-in for /etc. */
  readonly etc: string;
  /** Stand-ins for the host's device nodes; null when the host's own are safe. */
  readonly devices: string | null;
  readonly home: string;
  readonly tmp: string;
  readonly toolchains: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly disableUserns: boolean;
  /** What shows the way to the egress proxy; empty without one. */
  readonly egress?: readonly string[];
  /** Is the user namespace a given one? */
  readonly isKept: boolean;
  /** Do commands run as another user than claw? */
  readonly dropsUser: boolean;
}

/**
 * A descriptor that holds the command back until it ends. With a keeper it is a file without contents, at a place that the
 * next mount covers: bubblewrap reads it to its end, and goes on.
 */
export const GATE = 8;

/** Of /dev/shm where a policy does not say. */
export const SHARED_MEMORY_BYTES = 64 * 2 ** 20;

const readOnly = (source: string, target: string): string[] => ["--ro-bind", source, target];

/**
 * Arguments of bubblewrap that are the same for every command of a sandbox. The root begins empty, so what is not
 * named here does not exist inside. Order matters: later mounts lie over earlier ones, and the root closes last.
 */
export function bubblewrapArguments(layout: Layout): string[] {
  const { policy, system } = layout;
  return [
    isolation(layout),
    system.directories.flatMap((path) => readOnly(path, path)),
    system.links.flatMap(({ path, to }) => ["--symlink", to, path]),
    readOnly(layout.etc, "/etc"),
    proc(system),
    dev(layout, policy.sharedMemoryBytes ?? SHARED_MEMORY_BYTES),
    ["--bind", layout.tmp, "/tmp", "--dir", "/var", "--symlink", "/tmp", "/var/tmp"],
    layout.dropsUser
      ? passable([HOME, "/run/git-objects/0", ...layout.toolchains, ...policy.mounts.map(({ target }) => target)])
      : [],
    ["--bind", layout.home, HOME],
    layout.toolchains.flatMap((path) => readOnly(path, path)),
    workspace(policy),
    layout.egress ?? [],
    ["--remount-ro", "/"],
    environmentArguments(layout.env),
  ].flat();
}

/** `--setenv` for each variable. */
export const environmentArguments = (env: Readonly<Record<string, string>>): string[] =>
  Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]);

/** Each namespace by name: --unshare-all goes on without a user namespace when it cannot have one. */
const isolation = ({ disableUserns, isKept }: Layout): string[] =>
  [
    isKept ? [] : ["--unshare-user", ...(disableUserns ? ["--disable-userns"] : [])],
    ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--unshare-net"],
    ["--cap-drop", "ALL"],
    ["--die-with-parent", "--new-session", "--hostname", "sandbox", "--clearenv"],
  ].flat();

/** Directories on the way to a mount, which bubblewrap would close to others where the host does. */
function passable(targets: readonly string[]): string[] {
  const parents = targets
    .filter((target) => !target.startsWith(`${WORKSPACE}/`))
    .flatMap((target) =>
      target
        .split("/")
        .slice(1, -1)
        .map((_, index, names) => `/${names.slice(0, index + 1).join("/")}`),
    );
  return [...new Set(parents)].sort().flatMap((path) => ["--perms", "0755", "--dir", path]);
}

/** Read-only as a whole: a command that runs as uid 0 could otherwise write the settings of the host's kernel. */
const proc = ({ hidden }: SystemRoot): string[] => [
  "--proc",
  "/proc",
  ...hidden.flatMap((path) => readOnly("/dev/null", path)),
  "--remount-ro",
  "/proc",
];

const dev = ({ devices: nodes, isKept }: Layout, sharedMemoryBytes: number): string[] =>
  [
    ["--dev", "/dev"],
    nodes ? deviceNames.flatMap((name) => ["--dev-bind", `${nodes}/${name}`, `/dev/${name}`]) : [],
    isKept ? ["--file", `${GATE}`, "/dev/shm/gate"] : [],
    ["--perms", "1777", "--size", `${sharedMemoryBytes}`, "--tmpfs", "/dev/shm"],
    ["--remount-ro", "/dev"],
  ].flat();

const workspace = ({ workspace: source, workspaceMode, git, mounts }: SandboxPolicy): string[] =>
  [
    [workspaceMode === "rw" ? "--bind" : "--ro-bind", source, WORKSPACE],
    git ? ["--bind", git.dir, `${WORKSPACE}/.git`] : emptyPlace(`${WORKSPACE}/.git`),
    (git?.objects ?? []).flatMap((objects, index) => readOnly(objects, `/run/git-objects/${index}`)),
    waysToHidden(mounts).flatMap((path) => [
      workspaceMode === "rw" ? "--bind" : "--ro-bind",
      source + path,
      WORKSPACE + path,
    ]),
    mounts.flatMap((mount) => [mount.writable ? "--bind" : "--ro-bind", mount.source, mount.target]),
  ].flat();

/**
 * Directories of the workspace above what mounts hide, outer ones first, beginning with "/". Mounted on themselves they
 * cannot be moved: the next command would find what is hidden where nothing lies over it.
 */
export const waysToHidden = (mounts: readonly Mount[]): string[] => {
  const ways = mounts
    .filter(({ hides, target }) => hides === true && target.startsWith(`${WORKSPACE}/`))
    .flatMap(({ target }) => {
      const names = target.slice(WORKSPACE.length + 1).split("/");
      return names.slice(1).map((_, index) => `/${names.slice(0, index + 1).join("/")}`);
    });
  return [...new Set(ways)].toSorted((one, other) => one.length - other.length);
};

/** Reserved, so that a command cannot put something there which a program on the host would believe. */
const emptyPlace = (path: string): string[] => [
  "--perms",
  "0555",
  "--size",
  "4096",
  "--tmpfs",
  path,
  "--remount-ro",
  path,
];
