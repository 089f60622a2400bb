/** Machines the filter is written for, as Node names them. */
export type Architecture = "x64" | "arm64";

interface Numbers {
  readonly x64: number | null;
  readonly arm64: number | null;
}

const call = (x64: number | null, arm64: number | null): Numbers => ({ x64, arm64 });

/** Refused whatever their arguments: each reaches the kernel, the host or another process past the namespaces. */
export const refusedCalls: Readonly<Record<string, Numbers>> = {
  // another process's memory and descriptors
  ptrace: call(101, 117),
  process_vm_readv: call(310, 270),
  process_vm_writev: call(311, 271),
  kcmp: call(312, 272),
  pidfd_getfd: call(438, 438),
  // kernel surface with a long record of holes
  perf_event_open: call(298, 241),
  bpf: call(321, 280),
  userfaultfd: call(323, 282),
  io_uring_setup: call(425, 425),
  io_uring_enter: call(426, 426),
  io_uring_register: call(427, 427),
  modify_ldt: call(154, null),
  lookup_dcookie: call(212, 18),
  uselib: call(134, null),
  // keyrings belong to the user, not to the namespace
  add_key: call(248, 217),
  request_key: call(249, 218),
  keyctl: call(250, 219),
  // mounts
  mount: call(165, 40),
  umount2: call(166, 39),
  pivot_root: call(155, 41),
  chroot: call(161, 51),
  fsopen: call(430, 430),
  fsconfig: call(431, 431),
  fsmount: call(432, 432),
  fspick: call(433, 433),
  open_tree: call(428, 428),
  move_mount: call(429, 429),
  mount_setattr: call(442, 442),
  open_tree_attr: call(467, 467),
  open_by_handle_at: call(304, 265),
  fanotify_init: call(300, 262),
  fanotify_mark: call(301, 263),
  quotactl: call(179, 60),
  quotactl_fd: call(443, 443),
  swapon: call(167, 224),
  swapoff: call(168, 225),
  // namespaces
  setns: call(308, 268),
  // the machine itself
  reboot: call(169, 142),
  sethostname: call(170, 161),
  setdomainname: call(171, 162),
  init_module: call(175, 105),
  finit_module: call(313, 273),
  delete_module: call(176, 106),
  kexec_load: call(246, 104),
  kexec_file_load: call(320, 294),
  acct: call(163, 89),
  settimeofday: call(164, 170),
  clock_settime: call(227, 112),
  clock_adjtime: call(305, 266),
  adjtimex: call(159, 171),
  syslog: call(103, 116),
  iopl: call(172, null),
  ioperm: call(173, null),
  vhangup: call(153, 58),
  move_pages: call(279, 239),
  migrate_pages: call(256, 238),
};

/** Allowed or refused by what they are asked to do. */
export const guardedCalls = {
  socket: { x64: 41, arm64: 198 },
  clone: { x64: 56, arm64: 220 },
  clone3: { x64: 435, arm64: 435 },
  unshare: { x64: 272, arm64: 97 },
  ioctl: { x64: 16, arm64: 29 },
} as const;
