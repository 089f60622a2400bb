import type { Killed } from "./killed.ts";

/** A host directory or file shown inside the sandbox. Read-only unless `writable`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
  /** It lies over something of the workspace that no command may see: the directories on the way there stay in their places. */
  readonly hides?: boolean;
}

/** Hard limits of one command. Sizes in bytes, times in milliseconds. */
export interface Limits {
  readonly wallMs: number;
  /** Time without output and without use of a processor. */
  readonly idleMs: number;
  /** Output kept of each stream, head and tail; the rest is drained and counted. */
  readonly outputBytes: number;
  /** Output after which the command is killed. */
  readonly outputKillBytes: number;
  readonly openFiles: number;
  readonly fileBytes: number;
  readonly processes: number;
  readonly memoryBytes: number;
  /** Written below the workspace, home and tmp by one command. */
  readonly diskBytes: number;
  /** Free space on the disk below which a command is killed at once. */
  readonly diskFloorBytes: number;
  /** Niceness of commands, 0 to 19; 5 unless it is said. */
  readonly niceness?: number;
}

/** What one sandbox may do with its way out. Sizes in bytes, times in milliseconds. */
export interface EgressLimits {
  /** Sent by all connections of a sandbox together. */
  readonly uploadBytes: number;
  /** Open at the same time. */
  readonly connections: number;
  readonly connectionMs: number;
  readonly idleMs: number;
  /** For a request, for connecting, and for the first bytes after it. */
  readonly greetingMs: number;
}

/** The only network there is: TLS to declared hosts, through claw's own proxy. */
export interface Egress {
  /** "registry.example.org", "*.example.org:8443": the port is 443 when left out. */
  readonly hosts: readonly string[];
  readonly limits?: Partial<EgressLimits>;
}

/** What a sandbox's proxy decided and did. `port` is 0 when the request named none. */
export type EgressFact =
  | {
      readonly kind: "judged";
      /** As it was asked for, printable. */
      readonly host: string;
      readonly port: number;
      readonly verdict: "allow" | "deny";
      readonly rule: string;
      /** The checked address that is connected to. */
      readonly address: string | null;
    }
  | {
      readonly kind: "ended";
      readonly host: string;
      readonly port: number;
      readonly sent: number;
      readonly received: number;
      readonly why: string;
      readonly ms: number;
    };

/** Told of every decision before it takes effect; when it rejects, the sandbox has no way out any more, and its commands end. */
export type OnEgress = (fact: EgressFact) => Promise<unknown>;

/** What the commands of one sandbox may see and use. The workspace is always mounted at /workspace. */
export interface SandboxPolicy {
  readonly workspace: string;
  readonly workspaceMode: "rw" | "ro";
  /** A disposable git directory for /workspace/.git, and the object stores it borrows from, read-only. Null: an empty, reserved .git. */
  readonly git: { readonly dir: string; readonly objects: readonly string[] } | null;
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** Always a network namespace of its own; with hosts, there is a proxy on its loopback. */
  readonly network: "none" | Egress;
  readonly limits: Limits;
  /** May a command trace another of the same sandbox, as debuggers do? No unless it is said. */
  readonly ptrace?: boolean;
  /** May commands make Unix sockets? They reach nothing outside. Yes unless it is said; a proxy needs them. */
  readonly unixSockets?: boolean;
  /** Size of /dev/shm; 64 MiB unless it is said. */
  readonly sharedMemoryBytes?: number;
  /** What must not be lacking, by the names that `degraded` uses; then nothing runs. */
  readonly requires?: readonly string[];
}

export interface ExecOptions {
  /** Path inside the sandbox; the workspace when omitted. */
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly wallMs?: number;
  /** One stream for stdout and stderr, in the order they were written; `stderr` is then empty. */
  readonly merge?: boolean;
  readonly signal?: AbortSignal;
  /** Live output for display, raw bytes as they come. */
  readonly onOutput?: (chunk: Buffer) => void;
}

export interface ExecResult {
  /** The command's own code, 128+n for signal n, 124 for the wall clock, 125 for another limit, 127 when not found. */
  readonly exitCode: number;
  readonly killed: Killed | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** All bytes the command wrote, kept or not. */
  readonly bytes: number;
  readonly truncated: boolean;
  readonly ms: number;
}

/** What came of one file; `problem` is what the system said, empty when it went well. */
export interface FileAnswer {
  readonly bytes: Buffer;
  readonly problem: string;
}

/**
 * Files as a command would see them, read and written inside by a process that stays: a call costs a message. Paths
 * are the workspace's unless absolute; nothing of them is looked at outside. Rejects on abort.
 */
export interface SandboxFiles {
  /** At most `maxBytes` from the start. */
  read(path: string, maxBytes: number, signal?: AbortSignal): Promise<FileAnswer>;
  /** Makes the file and the directories on its way; a file's mode and a link's target stay. */
  write(path: string, bytes: Uint8Array, signal?: AbortSignal): Promise<FileAnswer>;
}

/** What contains the commands of a sandbox; "none" where a person has said that nothing shall. */
export type Backend = "bubblewrap" | "podman" | "docker" | "seatbelt" | "none";

export interface Sandbox {
  /** Runs argv inside; a shell is ["/bin/bash", "-c", text]. Never throws for what the command does; rethrows on abort. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Absent where every file costs a command. */
  readonly files?: SandboxFiles;
  /** Call it after the host has changed files of the workspace: they become the commands' own. */
  handOver(): Promise<void>;
  /** A regular file the command left under /tmp, at most `maxBytes` of it; null when there is none. Never follows links. */
  collect(path: string, maxBytes: number): Promise<Buffer | null>;
  readonly backend: Backend;
  /** SHA-256 of the policy in canonical form, for the record. */
  readonly policyHash: string;
  /** What this sandbox could not enforce on this machine, by name ("cgroup", "seccomp", …); empty when complete. */
  readonly degraded: readonly string[];
  /** Kills what runs and removes the private home and tmp. */
  close(): Promise<void>;
}

/** A container engine in place of bubblewrap. */
export interface ContainerChoice {
  readonly backend: "podman" | "docker";
  /** An image that commands see instead of the host's /usr; docker needs one. */
  readonly image?: string;
  /** The engine's runtime: "runc", or "runsc" for gVisor. */
  readonly runtime?: string;
}

/** What the host offers; read from the configuration, never from the environment. */
export interface SandboxHost {
  /** PATH of the user: its entries outside /usr are toolchains, mounted read-only. */
  readonly path: string;
  readonly home: string;
  /** Private directory for sandbox state; on the same disk as the workspaces. */
  readonly stateDir: string;
  /** Hosts of the user's own network, from the user's configuration: only they may have an address that is not public. */
  readonly privateHosts?: readonly string[];
  /** A container engine that runs commands; bubblewrap when left out. */
  readonly container?: ContainerChoice;
  /** Engines to try, in this order, where bubblewrap does not hold; none unless the user wants it so. */
  readonly fallbacks?: readonly ContainerChoice[];
  /** Set by tests to stand in for the system's resolver. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Set by tests to stand in for /usr/bin/bwrap. */
  readonly bwrap?: string;
}
