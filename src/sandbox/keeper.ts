import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { UserId } from "./agent-user.ts";

/**
 * The namespaces that all commands of one sandbox live in, and the process that holds them. It is the first of its
 * process namespace and waits for the end of its input: with claw, however claw ends, it ends too, and the kernel with
 * it every process below. Bubblewrap alone binds a sandbox to its parent only after setting it up.
 */
export interface Keeper {
  /** Open descriptors, to be entered by bubblewrap. */
  readonly userNamespace: number;
  readonly pidNamespace: number;
  /** Can no further user namespace be made in it, by anybody? */
  readonly sealed: boolean;
  /** Ends every process that is left. */
  close(): void;
}

/** A line of /proc/PID/uid_map and of gid_map: who is who inside and outside. */
export interface KnownUser {
  readonly inside: UserId;
  readonly outside: UserId;
}

// Who loses a parent becomes the keeper's child; with the signal ignored, the kernel clears them away. Not every shell
// can ignore that one: dash cannot.
const script = `echo ready; read -r _
echo 0 > /proc/sys/user/max_user_namespaces && echo sealed || echo open
trap '' CHLD; exec /bin/cat`;

/**
 * Starts a keeper for these users; throws where the machine does not let it. The namespaces belong to `owner`, whose
 * bubblewrap may enter them; null: to whoever claw runs as.
 */
export async function openKeeper(users: readonly KnownUser[], owner: UserId | null): Promise<Keeper> {
  const namespaces = ["/usr/bin/unshare", "--user", "--keep-caps", "--pid", "--fork", "--", "/bin/bash", "-c", script];
  const [program = "", ...argv] = [...(owner ? becoming(owner) : []), ...namespaces];
  const child = spawn(program, argv, { env: {}, cwd: "/", stdio: ["pipe", "pipe", "ignore"] });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`no namespaces could be made (unshare ended with ${code})`)));
  });
  failed.catch(() => undefined);
  const { stdin, stdout }: { stdin: Writable; stdout: Readable } = child;
  stdin.on("error", () => undefined);
  const opened: number[] = [];
  const close = (): void => {
    stdin.end();
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
  };
  try {
    const own = `/proc/${child.pid}`;
    await Promise.race([nextLine(stdout), failed]);
    if (process.getuid?.() !== 0) writeFileSync(`${own}/setgroups`, "deny");
    writeFileSync(`${own}/uid_map`, users.map(({ inside, outside }) => `${inside.uid} ${outside.uid} 1\n`).join(""));
    writeFileSync(`${own}/gid_map`, users.map(({ inside, outside }) => `${inside.gid} ${outside.gid} 1\n`).join(""));
    stdin.write("\n");
    const sealed = (await Promise.race([nextLine(stdout), failed])) === "sealed";
    const [userNamespace, pidNamespace] = ["user", "pid_for_children"].map((name) => {
      const descriptor = openSync(`${own}/ns/${name}`, "r");
      opened.push(descriptor);
      return descriptor;
    }) as [number, number];
    return { userNamespace, pidNamespace, sealed, close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Machines that let only root make user namespaces go by this capability; it ends with the making, as those of a
 * namespace are none outside it. Root of a container may not have it, and needs it there as little as anybody.
 */
const becoming = ({ uid, gid }: UserId): string[] => [
  "/usr/bin/setpriv",
  `--reuid=${uid}`,
  `--regid=${gid}`,
  "--clear-groups",
  ...(mayAdminister() ? ["--inh-caps=-all,+sys_admin", "--ambient-caps=-all,+sys_admin"] : []),
  "--",
];

const SYS_ADMIN = 21n;

function mayAdminister(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> SYS_ADMIN) & 1n) === 1n;
}

const nextLine = async (stream: Readable): Promise<string> => {
  const [chunk] = (await once(stream, "data")) as [Buffer];
  return chunk.toString("latin1").trim();
};
