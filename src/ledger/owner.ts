import { hash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Holder } from "../store/store.ts";

/** How long a writer that nobody hears of holds its run, in milliseconds. */
export const LEASE_MS = 30_000;
/** How often it says that it is there. */
export const HEARTBEAT_MS = 10_000;

interface Process {
  /** One letter: R running, S sleeping, T stopped, Z a zombie, … */
  readonly state: string;
  /** Field 22 of /proc/<pid>/stat: with it a process id is never mistaken for a later process of the same number. */
  readonly started: string;
}

/** Null when there is no such process, or no /proc. */
function processAt(pid: number | "self"): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "?" };
  } catch {
    return null;
  }
}

/** Who writes: host, process id and process start time. */
export const thisProcess = (): string => `${thisHost()} ${process.pid} ${processAt("self")?.started ?? "?"}`;

/**
 * Where numbers of processes mean the same ones: machines and containers may have one name. The name, then after a # what tells
 * the machine, its boot and its namespace of processes apart, each shortened; the name alone where there is no /proc.
 */
function thisHost(): string {
  const read = (file: string): string => short(readOr(() => readFileSync(file, "utf8").trim()));
  const processes = short(readOr(() => readlinkSync("/proc/self/ns/pid")));
  const boot = read("/proc/sys/kernel/random/boot_id");
  return boot === "" ? hostname() : `${hostname()}#${read("/etc/machine-id")}.${boot}.${processes}`;
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}

const short = (text: string): string => (text === "" ? "" : hash("sha256", text).slice(0, 8));

/** Is that host this one, this one before it was started anew, or another? One that says only its name is taken at its word. */
function whichHost(host: string): "here" | "before" | "elsewhere" {
  const [name, at] = host.split("#");
  const own = thisHost();
  const [, here] = own.split("#");
  if (name !== hostname()) return "elsewhere";
  if (at === undefined || here === undefined || at === here) return "here";
  const [machine, boot] = at.split(".");
  const [thisMachine, thisBoot] = here.split(".");
  return machine !== "" && machine === thisMachine && boot !== thisBoot ? "before" : "elsewhere";
}

/** What can be said of the process that an owner string names. One of another host is never known to be gone. */
function stateOf(owner: string): "gone" | "stopped" | "alive" | "elsewhere" {
  const [host = "", pid, started] = owner.split(" ");
  const which = whichHost(host);
  if (which !== "here") return which === "before" ? "gone" : "elsewhere";
  const found = processAt(Number(pid));
  if (found) {
    if (started !== "?" && found.started !== started) return "gone";
    // A killed process whose parent has not asked how it ended is still listed.
    if ("ZXx".includes(found.state)) return "gone";
    return "Tt".includes(found.state) ? "stopped" : "alive";
  }
  try {
    process.kill(Number(pid), 0);
    return "alive";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH" ? "gone" : "alive";
  }
}

/** Is the process that an owner string names surely gone? */
export const isGone = (owner: string): boolean => stateOf(owner) === "gone";

/**
 * May its run be taken? At once from a process of this host that is no more; from one that is stopped, or of another host,
 * when its lease is over; never from one that is here and runs, however late it is.
 */
export function isAbandoned({ owner, until }: Holder, now: number): boolean {
  const state = stateOf(owner);
  return state === "gone" || (state !== "alive" && until > 0 && until < now);
}
