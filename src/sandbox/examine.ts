import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { release } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ownedName } from "../ledger/owned-name.ts";
import { ClawError } from "../errors.ts";
import { openSandbox } from "./open.ts";
import { remedyFor } from "./remedies.ts";
import type { Backend, Sandbox, SandboxHost } from "./sandbox.ts";
import { probeLimits } from "./self-test.ts";

/** One thing that no command may be able to do, tried on this machine just now. */
interface EscapeProbe {
  readonly attempt: string;
  readonly contained: boolean;
}

/** What the sandbox of this machine is worth. */
export interface Examination {
  readonly backend: Backend;
  /** "full": everything is enforced; "degraded": it contains, and `degraded` is not enforced; "none": no command runs. */
  readonly level: "full" | "degraded" | "none";
  readonly platform: string;
  readonly kernel: string;
  readonly uid: number;
  /** As the backend says it itself; null when it does not run. */
  readonly version: string | null;
  readonly probes: readonly EscapeProbe[];
  readonly degraded: readonly { readonly name: string; readonly remedy: string }[];
  /** Why no command runs, and what to do about it. */
  readonly refusal: { readonly reason: string; readonly remedy: string } | null;
}

/** That kernel has no such filter and no such mark: it stands between commands and the machine's. */
const notGvisor = "! dmesg 2>/dev/null | grep -q gVisor";

/** Toolchains that lie in the home directory are shown, in directories that are made for them: none of its files is. */
const homeShown =
  '[ "$(stat -c %d:%i "$HOMEDIR")" = "$HOMEID" ] || for f in "$HOMEDIR"/.[!.]* "$HOMEDIR"/*; do [ -f "$f" ] && exit 0; done; exit 1';

/** Each script succeeds where the attempt gets through. `$FILE`, `$PORT`, `$PID`, `$HOMEDIR` and `$HOMEID` are of the host. */
const attempts: readonly (readonly [attempt: string, script: string])[] = [
  ["read a file beside the workspace", '[ -e "$FILE" ] && cat "$FILE"'],
  ["see the user's home directory", homeShown],
  ["read the host's /etc/shadow", "grep -q . /etc/shadow"],
  ["write to the system", ": > /usr/claw-probe || : > /claw-probe || : > /etc/claw-probe"],
  ["write to the kernel's settings", "v=$(cat /proc/sys/vm/swappiness) && echo $v > /proc/sys/vm/swappiness"],
  ["see a process of the host", 'grep -qa claw "/proc/$PID/cmdline" && kill -0 "$PID"'],
  ["reach a listener on the host's loopback", 'exec 3<>"/dev/tcp/127.0.0.1/$PORT"'],
  ["find another way out", "exec 3<>/dev/tcp/192.0.43.8/443"],
  ["make a user namespace", "unshare --user true"],
  ["keep a capability", "grep -E '^Cap(Eff|Bnd)' /proc/self/status | grep -qv 0000000000000000"],
  ["run without the system-call filter", `! grep -q '^Seccomp:.2' /proc/self/status && ${notGvisor}`],
  ["gain privileges by a set-uid program", `! grep -q '^NoNewPrivs:.1' /proc/self/status && ${notGvisor}`],
  ["make a device", "mknod node c 1 3"],
  ["plant a git hook", "mkdir -p .git/hooks && : > .git/hooks/pre-commit"],
  [
    "find a credential in an environment",
    "cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -qE '(TOKEN|SECRET|_KEY)='",
  ],
  [
    "inherit a descriptor of the host",
    'for fd in /proc/self/fd/*; do case $(readlink $fd) in "$FILE"*) exit 0;; esac; done; exit 1',
  ],
];

/** Tries what no command may do in a real sandbox of this machine. Never throws for what the machine lacks. */
export async function examineSandbox(host: SandboxHost): Promise<Examination> {
  const chosen: Backend = host.container?.backend ?? "bubblewrap";
  const machine = {
    backend: chosen,
    platform: `${process.platform} ${process.arch}`,
    kernel: release(),
    uid: process.getuid?.() ?? -1,
    version: await versionOf(host.container?.backend ?? host.bwrap ?? "/usr/bin/bwrap"),
  };
  try {
    const { probes, degraded, backend } = await tryOut(host);
    const holds = probes.every(({ contained }) => contained);
    const escaped = {
      reason: "commands can get out of the sandbox here",
      remedy: "do not run claw on this machine; please report it",
    };
    return {
      ...machine,
      backend,
      level: !holds ? "none" : degraded.length > 0 ? "degraded" : "full",
      probes,
      degraded: degraded.map((name) => ({ name, remedy: remedyFor(name) })),
      refusal: holds ? null : escaped,
    };
  } catch (error) {
    if (!(error instanceof ClawError)) throw error;
    const refusal = { reason: error.message, remedy: error.hint };
    return { ...machine, level: "none", probes: [], degraded: [], refusal };
  }
}

const versionOf = async (program: string): Promise<string | null> =>
  promisify(execFile)(program, ["--version"], { env: { PATH: "/usr/local/bin:/usr/bin:/bin" }, timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );

/** Device and inode, as `stat -c %d:%i` prints them; nothing that it prints for a directory that does not exist. */
const identity = async (path: string): Promise<string> =>
  stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => "no such directory",
  );

async function tryOut(host: SandboxHost): Promise<Pick<Sandbox, "backend" | "degraded"> & { probes: EscapeProbe[] }> {
  await mkdir(host.stateDir, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(host.stateDir, ownedName("examination-")));
  const listener = createServer((socket) => socket.destroy());
  try {
    const [workspace, canary] = [join(dir, "workspace"), join(dir, "canary")];
    await mkdir(workspace);
    await writeFile(canary, "secret\n");
    const port = await new Promise<number>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(0, "127.0.0.1", () => resolve((listener.address() as AddressInfo).port));
    });
    const env = {
      FILE: canary,
      PORT: `${port}`,
      PID: `${process.pid}`,
      HOMEDIR: host.home,
      HOMEID: await identity(host.home),
    };
    const policy = {
      workspace,
      workspaceMode: "rw",
      git: null,
      mounts: [],
      env,
      network: "none",
      limits: probeLimits,
    } as const;
    const box = await openSandbox(policy, host);
    try {
      const probes: EscapeProbe[] = [];
      for (const [attempt, script] of attempts) {
        const { exitCode } = await box.exec(["/bin/bash", "-c", `{ ${script}; } > /dev/null 2>&1`]);
        probes.push({ attempt, contained: exitCode !== 0 });
      }
      return { probes, degraded: box.degraded, backend: box.backend };
    } finally {
      await box.close();
    }
  } finally {
    listener.close();
    await rm(dir, { recursive: true, force: true });
  }
}
