import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { SandboxUnavailable } from "../../errors.ts";
import type { ContainerChoice, Limits } from "../sandbox.ts";
import { isGvisor, mostThreads } from "./arguments.ts";
import type { Client } from "./client.ts";

/** Has this ordinary user further ids to give away in containers (subuid(5))? */
export function hasOtherIds(file = "/etc/subuid", user: { uid: number; username: string } = account()): boolean {
  try {
    const names = [user.username, `${user.uid}`].filter((name) => name !== "");
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.some((line) => names.includes(line.split(":")[0] ?? ""));
  } catch {
    return false;
  }
}

function account(): { uid: number; username: string } {
  try {
    return userInfo();
  } catch {
    return { uid: process.getuid?.() ?? -1, username: "" }; // an id without an account
  }
}

interface Started {
  readonly id: string;
  readonly engine: ContainerChoice;
  readonly limits: Limits;
}

/**
 * The engine's own defaults are not taken on trust. gVisor filters system calls by being the kernel, and says of nothing
 * else. Returns what the container lacks: rootless engines leave out limits that the machine does not let them set.
 */
export async function proveContainer(client: Client, { id, engine, limits }: Started): Promise<string[]> {
  const status = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'";
  // In gVisor it is a namespace of gVisor's.
  const namespace = isGvisor(engine) ? "" : "; unshare --user echo namespaces 2>/dev/null";
  const own = `(: > /usr/claw) 2>/dev/null && echo writable; grep -v lo: /proc/net/dev | grep :${namespace}`;
  const script = `${status}; ${own}; dmesg 2>/dev/null | grep -om1 gVisor; cd /sys/fs/cgroup && ${limitsRead}; exit 0`;
  const { stdout } = await client.exec(id, ["/bin/bash", "-c", script], { wallMs: 20_000 });
  const said = stdout.toString("utf8").trim().split("\n");
  const kernel = isGvisor(engine) ? ["Seccomp:0", "gVisor"] : ["NoNewPrivs:1", "Seccomp:2"];
  const wanted = ["CapEff:0000000000000000", "CapBnd:0000000000000000", ...kernel].toSorted().join("\n");
  const found = said
    .filter((line) => !line.startsWith("limit "))
    .toSorted()
    .join("\n");
  if (found !== wanted)
    throw new SandboxUnavailable(
      `the container does not hold: it says ${JSON.stringify(found.slice(0, 200))}`,
      "look at the settings of podman or docker on this machine, or set sandbox.backend to bubblewrap",
    );
  const kept = [mostThreads(limits), limits.memoryBytes].every((value) => said.includes(`limit ${value}`));
  return kept || isGvisor(engine) ? [] : ["cgroup"];
}

/** Of either version of control groups. */
const limitsRead =
  "for f in pids.max memory.max pids/pids.max memory/memory.limit_in_bytes; do [ -e $f ] && echo limit $(cat $f); done";
