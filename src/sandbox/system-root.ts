import { existsSync, lstatSync, readlinkSync } from "node:fs";

/** How this host's root directory looks, as far as it is shown. */
export interface SystemRoot {
  readonly directories: readonly string[];
  readonly links: readonly { readonly path: string; readonly to: string }[];
  /** Files below /proc that show more of the kernel than a command needs, and that this kernel has. */
  readonly hidden: readonly string[];
}

const beside = ["/bin", "/sbin", "/lib", "/lib64", "/lib32", "/libx32"];
const kernelFiles = ["kcore", "keys", "timer_list", "sched_debug", "sysrq-trigger", "kallsyms", "latency_stats"];

/** Reads what of the root directory is mounted: /usr, and what merged systems link into it. */
export function readSystemRoot(): SystemRoot {
  const found = beside.flatMap((path) => {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats ? [{ path, to: stats.isSymbolicLink() ? readlinkSync(path) : null }] : [];
  });
  return {
    directories: ["/usr", ...found.flatMap(({ path, to }) => (to === null ? [path] : []))],
    links: found.flatMap(({ path, to }) => (to === null ? [] : [{ path, to }])),
    hidden: kernelFiles.map((name) => `/proc/${name}`).filter((path) => existsSync(path)),
  };
}
