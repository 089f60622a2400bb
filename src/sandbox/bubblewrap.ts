import { execFile } from "node:child_process";
import { existsSync, type Stats, statSync } from "node:fs";
import { release } from "node:os";
import { promisify } from "node:util";
import { SandboxUnavailable } from "../errors.ts";

const run = promisify(execFile);

/** The bubblewrap that is used: always the system's own, which is what a distribution's security profiles name. */
export interface Bubblewrap {
  readonly path: string;
  /** Changes when the program, the kernel or the user changes: what was proved before then holds no longer. */
  readonly identity: string;
}

const SYSTEM_PATH = "/usr/bin/bwrap";
const OLDEST: readonly [number, number] = [0, 5];
const FIRST_WITH_DISABLE_USERNS: readonly [number, number] = [0, 8];

const managers = [
  { program: "/usr/bin/apt-get", command: "apt-get install bubblewrap util-linux" },
  { program: "/usr/bin/dnf", command: "dnf install bubblewrap util-linux" },
  { program: "/usr/bin/pacman", command: "pacman -S bubblewrap util-linux" },
  { program: "/usr/bin/zypper", command: "zypper install bubblewrap util-linux" },
  { program: "/sbin/apk", command: "apk add bubblewrap util-linux" },
];

/** What to type to get bubblewrap on this machine. */
function installHint(): string {
  const found = managers.find(({ program }) => existsSync(program));
  return found
    ? `install it with: ${found.command}`
    : "install bubblewrap (bwrap) and util-linux with your system's package manager";
}

/** Finds bubblewrap and refuses one that could not be trusted with the job; reads files only, runs nothing. */
export function findBubblewrap(path: string = SYSTEM_PATH): Bubblewrap {
  if (process.platform !== "linux") {
    throw new SandboxUnavailable(
      `there is no sandbox for ${process.platform} yet`,
      "run claw on Linux or macOS, or in a Linux virtual machine with bubblewrap installed",
    );
  }
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new SandboxUnavailable(`bubblewrap is not installed (no ${path})`, installHint());
  refuseUntrusted(path, found);
  const { ino, mtimeMs, ctimeMs, size } = found;
  return {
    path,
    identity: JSON.stringify([path, ino, mtimeMs, ctimeMs, size, release(), process.arch, process.getuid?.()]),
  };
}

function refuseUntrusted(path: string, { mode, uid }: Stats): void {
  const owners = [0, process.getuid?.()];
  const reasons = [
    { wrong: (mode & 0o6000) !== 0, reason: "is set-uid, which gives every user of the machine a way to root" },
    { wrong: (mode & 0o022) !== 0, reason: "can be written by others than its owner" },
    { wrong: !owners.includes(uid), reason: "belongs to somebody else" },
    { wrong: (mode & 0o111) === 0, reason: "is not executable" },
  ];
  const found = reasons.find(({ wrong }) => wrong);
  if (!found) return;
  const hint = "use bubblewrap as the distribution packages it, without set-uid";
  throw new SandboxUnavailable(`${path} ${found.reason}`, hint);
}

/** Runs `bwrap --version` and refuses what is too old. Returns whether it knows --disable-userns. */
export async function checkVersion({ path }: Bubblewrap): Promise<{ disableUserns: boolean }> {
  const { stdout } = await run(path, ["--version"], { env: {}, timeout: 10_000 }).catch((error: unknown) => {
    throw new SandboxUnavailable(`${path} does not run: ${(error as Error).message.trim()}`, installHint(), error);
  });
  const match = /(\d+)\.(\d+)/.exec(stdout);
  const version: [number, number] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (!atLeast(version, OLDEST)) {
    throw new SandboxUnavailable(
      `${path} is too old: it says "${stdout.trim()}", needed is ${OLDEST.join(".")}`,
      installHint(),
    );
  }
  return { disableUserns: atLeast(version, FIRST_WITH_DISABLE_USERNS) };
}

const atLeast = (version: readonly [number, number], wanted: readonly [number, number]): boolean =>
  version[0] > wanted[0] || (version[0] === wanted[0] && version[1] >= wanted[1]);
