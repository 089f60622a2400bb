import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { UsageError } from "../errors.ts";
import type { HostGit } from "./host-git.ts";
import type { Repository } from "./repository.ts";
import { withView } from "./shadow.ts";

/** Who signs commits, and with which key: a file that ssh-keygen reads, or what gpg calls a key. */
export interface SigningKey {
  readonly name: string;
  readonly email: string;
  readonly ssh?: string | undefined;
  readonly gpg?: string | undefined;
}

/** Signs commits as somebody. */
export interface Signing {
  readonly committer: { readonly name: string; readonly email: string };
  /** The armoured signature of a commit's bytes. */
  sign(commit: Uint8Array): Promise<string>;
}

/** Where the programs that sign are, and what they may use: the user's home, and the agent that holds unlocked keys. */
export interface SigningPlace {
  readonly searchPath: string;
  readonly home: string;
  readonly agent?: string | undefined;
}

/** Nobody is asked for a passphrase: a locked key needs an agent. */
const PATIENCE_MS = 30_000;

/** Signatures in the two formats that git and GitHub know: https://git-scm.com/docs/gitformat-signature */
export function signingWith({ name, email, ssh, gpg }: SigningKey, place: SigningPlace): Signing {
  const [program, args] =
    ssh === undefined
      ? (["gpg", ["--batch", "--no-tty", "--detach-sign", "--armor", "--local-user", gpg ?? ""]] as const)
      : (["ssh-keygen", ["-Y", "sign", "-n", "git", "-f", ssh]] as const);
  return {
    committer: { name, email },
    async sign(commit) {
      const { code, output, errors } = await run(program, args, { ...place, input: commit });
      if (code === 0 && output.startsWith("-----BEGIN ")) return output.trimEnd();
      throw new UsageError(
        `the commit could not be signed: ${program}: ${errors.trim().split("\n").at(-1)?.slice(0, 200) || `exit ${code}`}`,
        `forge.signing in config.yaml names ${ssh ?? gpg}; a key with a passphrase must be in an agent`,
      );
    },
  };
}

async function run(
  program: string,
  args: readonly string[],
  { searchPath, home, agent, input }: SigningPlace & { readonly input: Uint8Array },
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  // Without a terminal of its own it can ask nobody anything.
  const child = spawn(program, args, {
    env: { PATH: searchPath, HOME: home, LC_ALL: "C", ...(agent !== undefined && { SSH_AUTH_SOCK: agent }) },
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
    timeout: PATIENCE_MS,
    killSignal: "SIGKILL",
  });
  child.stdin.on("error", () => undefined); // it may refuse before it has read everything
  child.stdin.end(input);
  try {
    const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code: code as number | null, output, errors };
  } catch (error) {
    return { code: null, output: "", errors: (error as Error).message };
  }
}

/** A commit with a signature in it, as git itself puts it there. The name of the field depends on what ids are made of. */
export async function signedCommit(git: HostGit, commit: string, sign: Signing["sign"]): Promise<string> {
  const bytes = (await git.run(["cat-file", "commit", commit])).stdout;
  const field = commit.length === 64 ? "gpgsig-sha256" : "gpgsig";
  const header = `\n${field} ${(await sign(bytes)).replaceAll("\n", "\n ")}`;
  const end = bytes.indexOf("\n\n");
  const signed = Buffer.concat([bytes.subarray(0, end), Buffer.from(header), bytes.subarray(end)]);
  return git.line(["hash-object", "-t", "commit", "-w", "--stdin"], { stdin: signed });
}

/** Has this commit of the repository a signature? Whose, and whether it holds, is for the forge to say. */
export const isSigned = (repository: Repository, commit: string): Promise<boolean> =>
  withView(repository, async (view) => {
    const head = (await view.git().run(["cat-file", "commit", commit])).stdout.toString("utf8").split("\n\n", 1)[0];
    return /^gpgsig(?:-sha256)? /m.test(head ?? "");
  });
