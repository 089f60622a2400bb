import type { Attack } from "./attacks.ts";

/** Perl that gets through when the last expression is true. */
const perl = (condition: string, before = ""): string => `/usr/bin/perl -e '${before}; exit((${condition}) ? 0 : 1)'`;

/** Calls of the kernel by their numbers on x64 that have led out of sandboxes, and what else of the machine they touch. */
export const kernelAttacks = (neighbour: number): readonly Attack[] => [
  {
    name: "make a user namespace by clone3",
    script: perl("$p > 0", 'my $a = pack("Q11", 0x10000000, 0, 0, 0, 17, (0) x 6); my $p = syscall(435, $a, 88)'),
  },
  {
    name: "read another process’s memory",
    script: perl(
      "syscall(310, $p, $l, 1, $r, 1, 0) == 8",
      `my $p = ${neighbour}; open(my $m, "<", "/proc/$p/maps") or exit 1; my $at = hex((split /-/, <$m>)[0]); my $b = "\\0" x 8; my $l = pack("PQ", $b, 8); my $r = pack("QQ", $at, 8)`,
    ),
    onlyRoot: true,
  },
  {
    name: "take a descriptor of another process",
    script: perl("syscall(438, $p, 0, 0) >= 0", `my $p = syscall(434, ${neighbour}, 0)`),
    onlyRoot: true,
  },
  {
    name: "change the segments of the processor",
    script: perl("syscall(154, 0, $b, 16) >= 0", 'my $b = "\\0" x 16'),
  },
  { name: "watch every file that is opened", script: perl("syscall(300, 0, 0) >= 0"), onlyRoot: true },
  { name: "make a file system", script: perl("syscall(430, $t, 0) >= 0", 'my $t = "tmpfs\\0"'), onlyRoot: true },
  { name: "copy a mount", script: perl("syscall(428, -100, $t, 1) >= 0", 'my $t = "/usr\\0"'), onlyRoot: true },
  { name: "read the kernel’s log", script: perl("syscall(103, 3, $b, 64) >= 0", 'my $b = "\\0" x 64'), onlyRoot: true },
  {
    name: "run before all others",
    script: perl("syscall(144, 0, 1, $p) >= 0", 'my $p = pack("i", 10)'),
    onlyRoot: true,
  },
  { name: "read and write before all others", script: perl("syscall(251, 1, 0, 1 << 13) >= 0"), onlyRoot: true },
  { name: "go before others in line", script: perl("syscall(141, 0, 0, -5) >= 0"), onlyRoot: true },
  { name: "open a raw socket", script: perl("syscall(41, 2, 3, 1) >= 0"), onlyRoot: true },
  { name: "link a file of the system", script: "ln /usr/bin/env linked && rm linked", onlyRoot: true },
];
