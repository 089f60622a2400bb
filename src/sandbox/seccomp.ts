import type { SandboxPolicy } from "./sandbox.ts";
import { type Architecture, guardedCalls, refusedCalls } from "./syscalls.ts";

/** One instruction of classic BPF: code, jump if true, jump if false, operand. */
type Instruction = readonly [code: number, jt: number, jf: number, k: number];

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
const KILL = 0x8000_0000;
const fail = (errno: number): number => 0x0005_0000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** Offsets in struct seccomp_data; of arguments only the low word, which is all these calls look at. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + 8 * index;

const auditArchitecture: Record<Architecture, number> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
/** Calls of the x32 ABI share the x64 architecture word and carry this bit. */
const X32_BIT = 0x4000_0000;

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}. */
export const NAMESPACES = 0x7e02_0000;
/** CLONE_NEWTIME: for unshare only; in clone the bit belongs to the exit signal. */
const TIME_NAMESPACE = 0x80;

/** TIOCSTI, TIOCLINUX and TIOCSETD: typing into, or replacing, a terminal somebody else holds. */
const TERMINAL_REQUESTS = [0x5412, 0x541c, 0x5423];

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const NETLINK_ROUTE = 0;

const give = (verdict: number): Instruction => [RETURN, 0, 0, verdict];
const load = (offset: number): Instruction => [LOAD, 0, 0, offset];

/** Runs `body`, which must end in a verdict, only when the loaded word equals `value`. */
const when = (value: number, body: readonly Instruction[]): Instruction[] => [
  [IF_EQUAL, 0, body.length, value],
  ...body,
];

/** What a policy may say about system calls. */
type Wishes = Pick<SandboxPolicy, "ptrace" | "unixSockets">;

/** Calls by which one process looks into another of the same sandbox. */
const tracing: readonly string[] = ["ptrace", "process_vm_readv", "process_vm_writev"];

/** Is a call refused whatever its arguments? */
export const isRefused = (name: string, ptrace: boolean): boolean =>
  Object.hasOwn(refusedCalls, name) && !(ptrace && tracing.includes(name));

/**
 * The seccomp filter as `bwrap --seccomp` reads it: an array of struct sock_filter.
 * Null for a machine it is not written for; there is no sandbox without it. AF_UNIX sockets are harmless in a network
 * namespace of one's own; in the host's they would reach the abstract sockets of other programs.
 */
export function seccompProgram(arch: string, { ptrace = false, unixSockets = true }: Wishes = {}): Buffer | null {
  if (arch !== "x64" && arch !== "arm64") return null;
  const number = (name: keyof typeof guardedCalls): number => guardedCalls[name][arch];
  const families = [AF_INET, AF_INET6, ...(unixSockets ? [AF_UNIX] : [])];
  const refused = Object.entries(refusedCalls).filter(([name]) => isRefused(name, ptrace));
  const program: Instruction[] = [
    load(ARCHITECTURE),
    [IF_EQUAL, 1, 0, auditArchitecture[arch]],
    give(KILL),
    load(NUMBER),
    ...(arch === "x64" ? ([[IF_AT_LEAST, 0, 1, X32_BIT], give(fail(ENOSYS))] satisfies Instruction[]) : []),
    ...refused.flatMap(([, { [arch]: call }]) => (call === null ? [] : when(call, [give(fail(EPERM))]))),
    // The flags of clone3 lie behind a pointer; C libraries fall back to clone.
    ...when(number("clone3"), [give(fail(ENOSYS))]),
    ...when(number("clone"), unlessAnyBit(0, NAMESPACES)),
    ...when(number("unshare"), unlessAnyBit(0, NAMESPACES | TIME_NAMESPACE)),
    ...when(number("ioctl"), [
      load(argument(1)),
      ...TERMINAL_REQUESTS.flatMap((request) => when(request, [give(fail(EPERM))])),
      give(ALLOW),
    ]),
    ...when(number("socket"), [
      load(argument(0)),
      ...families.flatMap((family) => when(family, [give(ALLOW)])),
      ...when(AF_NETLINK, [load(argument(2)), ...when(NETLINK_ROUTE, [give(ALLOW)]), give(fail(EAFNOSUPPORT))]),
      give(fail(EAFNOSUPPORT)),
    ]),
    give(ALLOW),
  ];
  return encode(program);
}

const unlessAnyBit = (index: number, bits: number): Instruction[] => [
  load(argument(index)),
  [IF_ANY_BIT, 0, 1, bits],
  give(fail(EPERM)),
  give(ALLOW),
];

/** Both architectures are little-endian. */
function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jt, jf, k]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  }
  return bytes;
}
