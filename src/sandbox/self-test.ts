import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join, normalize } from "node:path";
import { ownedName } from "../ledger/owned-name.ts";
import { INSIDE, thisUser } from "./agent-user.ts";
import { type Ability, assembleBox, type Box } from "./box.ts";
import { findCgroupPlace } from "./cgroup.ts";
import { isInside } from "./check-policy.ts";
import type { Limits, SandboxHost, SandboxPolicy } from "./sandbox.ts";

const MiB = 2 ** 20;
/** Enough for a few probes. */
export const probeLimits: Limits = {
  wallMs: 20_000,
  idleMs: 20_000,
  outputBytes: MiB,
  outputKillBytes: 4 * MiB,
  openFiles: 256,
  fileBytes: 16 * MiB,
  processes: 64,
  memoryBytes: 1024 * MiB,
  diskBytes: 64 * MiB,
  diskFloorBytes: 0,
};

// PWD, SHLVL and _ are the shells' own.
/** What the test says about itself from inside, one `name=value` a line. It tries to break out, and must fail. */
const probe = String.raw`
say() { printf '%s=%s\n' "$1" "$2"; }
while read -r name value; do case $name in NoNewPrivs:|CapEff:|CapBnd:|Seccomp:) say "$name" "$value";; esac; done < /proc/self/status
say user "$UID"
say pidns "$(readlink /proc/self/ns/pid)"
case $(cat "/proc/$CANARY_PID/stat" 2>/dev/null) in *" $CANARY_START "*) say hostprocess visible;; *) say hostprocess hidden;; esac
[ -e "$CANARY_FILE" ] && say hostfile visible || say hostfile hidden
(read -r old < /proc/sys/vm/swappiness && echo "$old" > /proc/sys/vm/swappiness) 2>/dev/null && say sysctl writable || say sysctl closed
(exec 3<>"/dev/tcp/127.0.0.1/$CANARY_PORT") 2>/dev/null && say loopback open || say loopback closed
(: > /canary) 2>/dev/null && say root writable || say root closed
(: > /usr/canary) 2>/dev/null && say system writable || say system closed
(echo x > canary) 2>/dev/null && say workspace writable || say workspace closed
(echo x > /dev/null && read -r -N 1 < /dev/urandom) 2>/dev/null && say devices open || say devices closed
unshare -U true 2>/dev/null && say userns open || say userns closed
say environment "$(tr '\0' '\n' < /proc/$$/environ | sed 's/=.*//' | grep -vxE 'PWD|SHLVL|_' | sort | tr '\n' ' ')"
say initenvironment "$(tr '\0' '\n' < /proc/1/environ | grep -vE '^(PWD|SHLVL|_)=' | tr '\n' ' ')"
`;

/** Says which version of the test a machine has passed. */
export const probeHash = createHash("sha256").update(probe).digest("hex").slice(0, 16);

const expected: Readonly<Record<string, string>> = {
  "NoNewPrivs:": "1",
  "CapEff:": "0000000000000000",
  "CapBnd:": "0000000000000000",
  "Seccomp:": "2",
  hostprocess: "hidden",
  hostfile: "hidden",
  sysctl: "closed",
  loopback: "closed",
  root: "closed",
  system: "closed",
  devices: "open",
  userns: "closed",
  initenvironment: "",
};

/**
 * What of a policy decides what its commands can do: all but the places of one run, the values of variables, and the
 * limits, which the kernel and the watchdog keep whatever they are.
 */
export function kindOf(policy: SandboxPolicy): string {
  const { workspaceMode, network, env, ptrace = false, unixSockets = true } = policy;
  const mounts = foreignMounts(policy).map(({ target, writable = false }) => ({ target, writable }));
  const hosts = network === "none" ? [] : network.hosts.toSorted();
  const parts = [workspaceMode, hosts, Object.keys(env).toSorted(), mounts, ptrace, unixSockets];
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** Files of the workspace itself are copies when they are shown. */
const foreignMounts = ({ mounts, workspace }: SandboxPolicy): SandboxPolicy["mounts"] =>
  mounts.filter(({ source }) => !isInside(normalize(source), workspace));

/**
 * Runs one command in a sandbox of this machine and of this policy, around a workspace of its own, that tries what no
 * command may be able to do. Returns what it could do after all; empty when the sandbox holds. Throws when no command runs at all.
 */
export async function selfTest(asked: SandboxPolicy, host: SandboxHost, ability: Ability): Promise<string[]> {
  const parent = join(host.stateDir, "self-test");
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const directory = await mkdtemp(join(parent, ownedName("run-")));
  const listener = createServer((socket) => socket.destroy());
  try {
    const workspace = join(directory, "workspace");
    const canary = join(directory, "canary");
    await mkdir(workspace);
    await writeFile(canary, "secret\n");
    const canaries = {
      CANARY_FILE: canary,
      CANARY_PORT: String(await listen(listener)),
      CANARY_PID: String(process.pid),
      CANARY_START: startTime(await readFile("/proc/self/stat", "utf8")),
    };
    const env = { ...asked.env, ...canaries };
    const own = { workspace, git: null, mounts: foreignMounts(asked), env, limits: probeLimits };
    const box = await assembleBox({ ...asked, ...own }, host, ability);
    try {
      const { exitCode, stdout, stderr } = await box.exec(["/bin/bash", "-c", probe]);
      if (exitCode !== 0) throw new Error(`the test command ended with ${exitCode}: ${stderr.toString("utf8").trim()}`);
      return await misses(stdout.toString("utf8"), { box, mode: asked.workspaceMode });
    } finally {
      await box.close();
    }
  } finally {
    listener.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Does the kernel hold a sandbox to its memory here? Files in memory count for nobody else: no other limit sees them. Throws when nothing runs. */
export async function provesCgroup(host: SandboxHost, ability: Ability): Promise<boolean> {
  if (ability.cgroup && findCgroupPlace() === null) return false;
  const workspace = await mkdtemp(join(host.stateDir, "self-test", ownedName("run-")));
  const policy = { workspace, workspaceMode: "rw", git: null, mounts: [], network: "none", env: {} } as const;
  const small = { ...probeLimits, memoryBytes: 32 * MiB, fileBytes: 64 * MiB };
  try {
    const box = await assembleBox({ ...policy, limits: small }, host, ability);
    try {
      const { killed, exitCode } = await box.exec(["/bin/bash", "-c", "head -c 60M /dev/zero > /dev/shm/file"]);
      // What a scope was refused is gone with it.
      return !box.degraded.includes("cgroup") && (ability.cgroup ? killed === "memory" : exitCode !== 0);
    } finally {
      await box.close();
    }
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}

interface Expected {
  readonly box: Box;
  readonly mode: SandboxPolicy["workspaceMode"];
}

async function misses(output: string, { box, mode }: Expected): Promise<string[]> {
  const drops = thisUser().uid === 0 && !box.degraded.includes("uid-drop");
  const said = new Map(
    output.split("\n").flatMap((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1).trim()] as const];
    }),
  );
  const wanted = {
    ...expected,
    user: `${drops ? INSIDE.uid : thisUser().uid}`,
    workspace: mode === "rw" ? "writable" : "closed",
    environment: box.environment.toSorted().join(" "),
  };
  const wrong = Object.entries(wanted).flatMap(([name, value]) =>
    said.get(name) === value ? [] : [`${name.replace(/:$/, "")} is "${said.get(name) ?? "unknown"}", not "${value}"`],
  );
  const samePids = said.get("pidns") === undefined || said.get("pidns") === (await readlink("/proc/self/ns/pid"));
  return samePids ? [...wrong, "the process namespace is the host's"] : wrong;
}

/** Clock ticks since boot: tells a process from another one of the same number. */
const startTime = (stat: string): string => stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
