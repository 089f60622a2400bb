import { kernelAttacks } from "./kernel-attacks.ts";

/** Something no command may be able to do. Its script ends with 0 when it got through. */
export interface Attack {
  readonly name: string;
  readonly script: string;
  /** Only root can do it even without a sandbox. */
  readonly onlyRoot?: true;
  /** A file of the host without which there is nothing to try. */
  readonly needs?: string;
}

/** What the attackers look for, made by the test before they start. */
export interface Scene {
  readonly canary: string;
  /** The user's home, with what homes hold. */
  readonly home: string;
  /** A repository beside the workspace, whose configuration holds a token. */
  readonly repository: string;
  readonly socket: string;
  readonly abstract: string;
  readonly port: number;
  /** A process of the host that has the canary in its environment and its arguments. */
  readonly neighbour: number;
  readonly sharedMemory: string;
  readonly temporary: string;
}

/** A system call by its number on x64; true when it is not refused. */
const call = (number: number, ...args: readonly (number | string)[]): string =>
  `/usr/bin/perl -e 'my $r = syscall(${[number, ...args].join(", ")}); exit($r >= 0 ? 0 : 1)'`;

const families: readonly (readonly [string, number, number, true?])[] = [
  ["AF_PACKET", 17, 3, true],
  ["NETLINK_KOBJECT_UEVENT", 16, 3],
  ["NETLINK_AUDIT", 16, 3],
];

const protocols: Readonly<Record<string, number>> = { NETLINK_AUDIT: 9, NETLINK_KOBJECT_UEVENT: 15 };

/** Grouped as the incidents that taught them. */
export function attacks(scene: Scene): readonly Attack[] {
  const { canary, home, repository } = scene;
  const mark = canary.replace("canary", "canar[y]");
  return [
    ...secrets(scene, mark),
    { name: "read the token in .git/config", script: `grep -q ${canary} ${repository}/.git/config` },
    { name: "plant a hook in another repository", script: `echo : > ${repository}/.git/hooks/pre-commit` },
    { name: "write to a shell's start-up file", script: `echo : >> ${home}/.bashrc` },
    { name: "find anything in the user's home", script: `ls -A ${home} | grep -q .` },
    { name: "talk to a service by its socket", script: connect(`"${scene.socket}"`) },
    { name: "talk to a service by its abstract socket", script: connect(`"\\0${scene.abstract}"`) },
    { name: "talk to a service on loopback", script: `exec 3<>/dev/tcp/127.0.0.1/${scene.port}` },
    { name: "see sockets or services below /run", script: "ls -A /run | grep -qv git-objects" },
    { name: "see processes of the host", script: "[ $(ls -d /proc/[0-9]* | wc -l) -gt 20 ]" },
    {
      name: "signal a process of the host",
      script: `grep -qa ${mark} /proc/${scene.neighbour}/cmdline && kill -0 ${scene.neighbour}`,
    },
    { name: "leave by the root of another process", script: `cat /proc/*/root${home}/.npmrc | grep -q ${canary}` },
    { name: "make a user namespace", script: "unshare --user --map-root-user true" },
    { name: "make a namespace by clone", script: call(56, 0x1000_0011, 0, 0, 0, 0) },
    { name: "trace a process", script: call(101, 0, 0, 0, 0) },
    { name: "use the kernel's keyring", script: call(250, 0, -3, 1) },
    { name: "use io_uring", script: `/usr/bin/perl -e 'my $p = "\\0" x 120; exit(syscall(425, 1, $p) >= 0 ? 0 : 1)'` },
    ...families.map(([name, family, type, onlyRoot]) => ({
      name: `open a socket of ${name}`,
      script: call(41, family, type, protocols[name] ?? 0),
      ...(onlyRoot && { onlyRoot }),
    })),
    { name: "see the host's system settings", script: "ls /sys/kernel" },
    { name: "write a file of the system", script: "f=/usr/local/bin/claw-attack; : > $f && rm $f", onlyRoot: true },
    {
      name: "write a setting of the kernel",
      script: "v=$(cat /proc/sys/vm/swappiness) && echo $v > /proc/sys/vm/swappiness",
      onlyRoot: true,
    },
    {
      name: "reach the handler of crashes",
      script: 'v=$(cat /proc/sys/kernel/core_pattern) && echo "$v" > /proc/sys/kernel/core_pattern',
      onlyRoot: true,
    },
    {
      name: "open the system request trigger",
      script: "exec 3> /proc/sysrq-trigger",
      needs: "/proc/sysrq-trigger",
      onlyRoot: true,
    },
    { name: "read the kernel's addresses", script: "grep -qv '^0000000000000000' /proc/kallsyms", onlyRoot: true },
    { name: "make a device", script: "mknod node c 1 3 && rm node", onlyRoot: true },
    { name: "change a device for everybody", script: "chmod 666 /dev/full", onlyRoot: true },
    { name: "change the root directory", script: "chroot / true", onlyRoot: true },
    { name: "mount", script: "mkdir -p m && unshare --mount mount -t tmpfs none m", onlyRoot: true },
    { name: "join a namespace of the host", script: `nsenter --target ${scene.neighbour} --net true`, onlyRoot: true },
    { name: "read the accounts' passwords", script: "grep -q . /etc/shadow", onlyRoot: true },
    {
      name: "load a program into the kernel",
      script: `/usr/bin/perl -e 'my $a = pack("LLLLL", 1, 4, 8, 1, 0) . "\\0" x 100; exit(syscall(321, 0, $a, 120) >= 0 ? 0 : 1)'`,
      onlyRoot: true,
    },
    { name: "handle page faults of the kernel", script: call(323, 0), onlyRoot: true },
    ...kernelAttacks(scene.neighbour),
  ];
}

/** A canary in every place where something careless would leave a credential. */
function secrets(scene: Scene, mark: string): Attack[] {
  const files = [".npmrc", ".ssh/id_ed25519", ".aws/credentials", ".config/chromium/Default/Cookies", ".netrc"];
  return [
    ...files.map((file) => ({ name: `read ~/${file}`, script: `grep -q ${scene.canary} ${scene.home}/${file}` })),
    { name: "find a secret in the environment", script: `env | grep -q ${mark}` },
    {
      name: "find a secret in the parent's environment",
      script: `cat /proc/$PPID/environ /proc/1/environ /proc/*/environ 2>/dev/null | grep -qa ${mark}`,
    },
    {
      name: "find a secret among the arguments of processes",
      script: `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -q ${mark}`,
    },
    { name: "find a secret in the host's /tmp", script: `grep -q ${scene.canary} ${scene.temporary}` },
    { name: "find a secret in shared memory", script: `grep -q ${scene.canary} ${scene.sharedMemory}` },
  ];
}

const connect = (address: string): string =>
  `/usr/bin/perl -MSocket -e 'my $s; socket($s, AF_UNIX, SOCK_STREAM, 0) and connect($s, pack_sockaddr_un(${address})) or exit 1'`;

/** One script for all: each attack alone, its name printed when it got through. */
export const together = (list: readonly Attack[]): string =>
  list
    .map(({ name, script }) => `( ${script}\n) </dev/null >/dev/null 2>&1 && echo '${name.replaceAll("'", "’")}'`)
    .join("\n") + "\ntrue";
