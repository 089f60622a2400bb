import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { ClawError, WorkspaceError } from "../errors.ts";
import { diffTrees } from "./diff.ts";
import { defaultSearchPath, type HostGit, hostGit } from "./host-git.ts";
import { describeBare } from "./layout.ts";
import { type Settings, settingsReader } from "./settings.ts";
import { objectFormatOf } from "./repository.ts";
import { type Viewed, withView } from "./shadow.ts";

/** A bare repository of this machine, read without obeying its configuration. */
export interface Bare extends Viewed {
  /** Short name of the branch that HEAD is on. */
  defaultBranch(): Promise<string>;
  /** The commit a branch is at; null when there is no such branch. */
  branch(name: string): Promise<string | null>;
  /**
   * What the commit at a full ref says, and when it was made, in milliseconds since the epoch; that is null of what is no
   * commit. Null where there is no such ref.
   */
  note(ref: string): Promise<{ readonly message: string; readonly at: number | null } | null>;
  /** Is this commit in the branch's history? False when either is not there. */
  contains(branch: string, commit: string): Promise<boolean>;
  /** Unified text of the change from one commit to another. */
  changes(from: string, to: string): Promise<string>;
}

/** Opens the bare repository at `path`. WorkspaceError when there is none. */
export async function openBare(path: string, options: { readonly searchPath?: string } = {}): Promise<Bare> {
  const searchPath = options.searchPath ?? defaultSearchPath;
  const dir = await realpath(path).catch((error: unknown) => {
    throw new WorkspaceError(`${path} does not exist`, "make it: git clone --bare <repository> <path>", error);
  });
  const layout = await describeBare(dir);
  const stored = await settingsReader(hostGit({ gitDir: "/nonexistent", searchPath }))(join(dir, "config"));
  refuseHooks(dir, stored, await readdir(join(dir, "hooks")).catch(() => []));
  const viewed: Viewed = { ...layout, searchPath, objectFormat: objectFormatOf(stored), settings: {} };
  const ask = <T>(question: (git: HostGit) => Promise<T>): Promise<T> =>
    withView(viewed, (view) => question(view.git()));
  return {
    ...viewed,
    defaultBranch: () =>
      ask(
        async (git) =>
          (await git.run(["symbolic-ref", "--short", "HEAD"], { answers: [0, 1, 128] })).stdout
            .toString("utf8")
            .trim() || "main",
      ),
    branch: (name) => ask((git) => commitOf(git, `refs/heads/${name}`)),
    note: (ref) =>
      ask(async (git) => {
        const format = "--format=%(refname) %(committerdate:unix)%0a%(contents)";
        const { stdout } = await git.run(["for-each-ref", format, ref]);
        // What is there and no commit has no date.
        const [, at = "", message] = /^\S+ (-?\d*)\n([\s\S]*)$/.exec(stdout.toString("utf8")) ?? [];
        return message === undefined ? null : { message, at: at === "" ? null : Number(at) * 1000 };
      }),
    contains: (branch, commit) =>
      ask(async (git) => {
        const tip = await commitOf(git, `refs/heads/${branch}`);
        if (tip === null) return false;
        return (await git.run(["merge-base", "--is-ancestor", commit, tip], { answers: [0, 1, 128] })).code === 0;
      }),
    changes: (from, to) => ask(async (git) => (await diffTrees(git, from, to)).patch.toString("utf8")),
  };
}

async function commitOf(git: HostGit, ref: string): Promise<string | null> {
  const answer = await git.run(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], { answers: [0, 1, 128] });
  return answer.code === 0 ? answer.stdout.toString("utf8").trim() : null;
}

/** Programs by which a repository decides what is pushed to it. claw runs none of a repository's, and goes round none. */
const deciding = ["pre-receive", "update", "reference-transaction", "proc-receive"];

function refuseHooks(dir: string, stored: Settings, hooks: readonly string[]): void {
  const found =
    deciding.find((name) => hooks.includes(name)) ?? (stored.has("core.hookspath") ? "core.hooksPath" : null);
  if (!found) return;
  throw new ClawError(`${dir} decides by ${found} what is pushed to it, and claw runs no hook of a repository`, {
    outcome: "forge-unavailable",
    hint: "keep the fix on its local branch with --no-pr, and push that yourself",
  });
}
