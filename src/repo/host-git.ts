import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { ClawError, WorkspaceError } from "../errors.ts";

/** The only git commands the host runs, on directories claw made: plumbing that starts no program of its own, and `push`. */
const allowed = [
  "apply",
  "cat-file",
  "check-ref-format",
  "commit-tree",
  "config",
  "diff-files",
  "diff-tree",
  "for-each-ref",
  "hash-object",
  "ls-files",
  "ls-tree",
  "merge-base",
  "merge-file",
  "pack-objects",
  "push",
  "read-tree",
  "rev-parse",
  "status",
  "symbolic-ref",
  "unpack-objects",
  "update-index",
  "update-ref",
  "write-tree",
] as const;
export type Subcommand = (typeof allowed)[number];

/** Settings that name a program, a server or a directory, answered before any configuration file can. */
const settings = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.pager=cat",
  "core.askPass=/bin/false",
  "core.sshCommand=/bin/false",
  "core.untrackedCache=false",
  "core.protectHFS=true",
  "core.protectNTFS=true",
  "protocol.allow=never",
  "safe.bareRepository=explicit",
  "submodule.recurse=false",
  "credential.helper=",
  "commit.gpgSign=false",
  "tag.gpgSign=false",
  "gpg.program=/bin/false",
  "log.showSignature=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "transfer.fsckObjects=true",
].flatMap((setting) => ["-c", setting]);

/** Where git is looked for unless the user's configuration says otherwise. */
export const defaultSearchPath = "/usr/local/bin:/usr/bin:/bin";

/** One git directory as the host uses it. All paths are absolute. */
export interface HostGitOptions {
  readonly gitDir: string;
  readonly workTree?: string;
  readonly indexFile?: string;
  /** Where new objects go, when not below `gitDir`. */
  readonly objectDir?: string;
  /** Directories to find the git binary in, as in PATH. */
  readonly searchPath?: string;
}

/** Author and committer of a commit; `at` in milliseconds since the epoch. */
export interface Identity {
  readonly name: string;
  readonly email: string;
  readonly at: number;
  /** Who commits it, when that is somebody else. */
  readonly committer?: { readonly name: string; readonly email: string };
}

/** How git reaches a server. `askpass` reads the secret from descriptor 3. */
interface RemoteAccess {
  readonly protocol: "https" | "http";
  readonly askpass: string;
  readonly secret: string;
}

interface GitCall {
  readonly stdin?: string | Uint8Array;
  readonly signal?: AbortSignal;
  readonly identity?: Identity;
  /** A server to talk to; without one there is no network. */
  readonly remote?: RemoteAccess;
  /** Exit codes that are answers; any other is a GitFailed. Only 0 when omitted. */
  readonly answers?: readonly number[];
}

interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface HostGit {
  run(args: readonly [Subcommand, ...string[]], call?: GitCall): Promise<GitAnswer>;
  /** Standard output as text without its last newline. */
  line(args: readonly [Subcommand, ...string[]], call?: GitCall): Promise<string>;
}

/** Git answered with an exit code nobody expected. `stderr` is the tail of what it said. */
export class GitFailed extends ClawError {
  readonly code: number;
  readonly stderr: string;
  constructor(subcommand: string, code: number, stderr: string) {
    super(`git ${subcommand} failed with exit ${code}: ${stderr || "it said nothing"}`, {
      outcome: "infrastructure",
      hint: "check free disk space and permissions, then resume; with a damaged repository: git fsck",
    });
    this.code = code;
    this.stderr = stderr;
  }
}

/** Enough for any diff a person could review; a larger answer means something is wrong. */
const outputLimit = 512 * 1024 * 1024;
const stderrTail = 2_000;

/**
 * Git on the host, trusting nothing but its arguments: environment from nothing, no global or system configuration, no
 * network, no prompts. `gitDir` must be a directory claw made: some settings of a foreign one have no off switch.
 */
export function hostGit(options: HostGitOptions): HostGit {
  async function run(args: readonly [Subcommand, ...string[]], call: GitCall = {}): Promise<GitAnswer> {
    call.signal?.throwIfAborted();
    if (!allowed.includes(args[0])) throw new TypeError(`git ${args[0]} is not on the host's list`);
    const answer = await start(args, options, call);
    if (!(call.answers ?? [0]).includes(answer.code)) throw new GitFailed(args[0], answer.code, answer.stderr);
    return answer;
  }
  return {
    run,
    line: async (args, call) => (await run(args, call)).stdout.toString("utf8").replace(/\n$/, ""),
  };
}

async function start(args: readonly string[], options: HostGitOptions, call: GitCall): Promise<GitAnswer> {
  const { remote } = call;
  const more = remote ? ["-c", `protocol.${remote.protocol}.allow=always`, "-c", "http.followRedirects=false"] : [];
  const child = spawn("git", ["--no-pager", "--literal-pathspecs", ...settings, ...more, ...args], {
    cwd: options.workTree ?? "/",
    env: environment(options, call),
    stdio: ["pipe", "pipe", "pipe", remote ? "pipe" : "ignore"],
    ...(call.signal && { signal: call.signal }),
    killSignal: "SIGKILL",
  });
  const [stdin, output, errors, secret] = child.stdio as unknown as [Writable, Readable, Readable, Writable | null];
  const stdout: Buffer[] = [];
  let size = 0;
  let stderr = "";
  output.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputLimit) child.kill("SIGKILL");
    else stdout.push(chunk);
  });
  errors.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString("utf8")).slice(-stderrTail)));
  stdin.on("error", () => undefined); // git may answer before it has read everything
  stdin.end(call.stdin ?? "");
  if (remote && secret) giveSecret(secret, remote.secret);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (size > outputLimit) throw new GitFailed(args[0] ?? "", -1, "more than 512 MiB of output");
    return { code: code ?? -1, stdout: Buffer.concat(stdout), stderr: stderr.trim() };
  } catch (error) {
    call.signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new WorkspaceError("git was not found on this machine", "install git 2.30 or newer", error);
  }
}

function giveSecret(pipe: Writable, secret: string): void {
  pipe.on("error", () => undefined); // git need not ask
  pipe.end(`${secret}\n`);
}

function environment(options: HostGitOptions, { identity, remote }: GitCall): NodeJS.ProcessEnv {
  const committer = identity?.committer ?? identity;
  const date = identity && `@${Math.floor(identity.at / 1000)} +0000`;
  return {
    PATH: options.searchPath ?? defaultSearchPath,
    HOME: "/nonexistent",
    LC_ALL: "C",
    TZ: "UTC",
    GIT_DIR: options.gitDir,
    ...(options.workTree && { GIT_WORK_TREE: options.workTree }),
    ...(options.indexFile && { GIT_INDEX_FILE: options.indexFile }),
    ...(options.objectDir && { GIT_OBJECT_DIRECTORY: options.objectDir }),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_EDITOR: "/bin/false",
    GIT_SEQUENCE_EDITOR: "/bin/false",
    GIT_ASKPASS: remote?.askpass ?? "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_SSH_COMMAND: "/bin/false",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOW_PROTOCOL: remote?.protocol ?? "none",
    GIT_PROTOCOL_FROM_USER: "0",
    ...(identity && {
      GIT_AUTHOR_NAME: identity.name,
      GIT_AUTHOR_EMAIL: identity.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: committer?.name,
      GIT_COMMITTER_EMAIL: committer?.email,
      GIT_COMMITTER_DATE: date,
    }),
  };
}
