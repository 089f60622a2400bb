import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../errors.ts";
import { policyName, readSandboxFile, type SandboxFile } from "../policy/sandbox-file.ts";
import { repositoryHolding } from "../repo/layout.ts";
import { nearest } from "../text.ts";

/** Where sandbox policies are looked for. */
export interface Shelf {
  /** Directories with a <name>.yaml for each policy, the first that has one decides. */
  readonly directories: readonly string[];
  /** A path in the repository at work: no policy may lie in that. */
  readonly cwd: string;
}

/** A policy by its name, or by a file relative to `cwd`. Throws UsageError for one that others could have written. */
export async function readPolicyFile(asked: string, shelf: Shelf): Promise<SandboxFile> {
  if (!policyName.safeParse(asked).success) return readTrusted(resolve(shelf.cwd, asked), shelf.cwd);
  for (const directory of shelf.directories) {
    const path = join(directory, `${asked}.yaml`);
    if (await lstat(path).catch(() => null)) return readTrusted(path, shelf.cwd);
  }
  throw noPolicy(asked, shelf, await namesOn(shelf));
}

/** A policy that a repository names: the user must have offered it. Throws UsageError. */
export async function readOfferedPolicy(name: string, shelf: Shelf, by: string): Promise<SandboxFile> {
  const policy = await readPolicyFile(name, shelf);
  if (policy.offered) return policy;
  throw new UsageError(
    `${by} names the sandbox policy ${name}, and you do not offer it to repositories`,
    `write "offered: true" into ${name}.yaml, or take the name out of ${by}`,
  );
}

async function namesOn({ directories }: Shelf): Promise<string[]> {
  const found = await Promise.all(directories.map((directory) => readdir(directory).catch(() => [])));
  return found.flat().flatMap((name) => /^(.+)\.yaml$/.exec(name)?.[1] ?? []);
}

function noPolicy(asked: string, { directories }: Shelf, names: readonly string[]): UsageError {
  const meant = nearest(asked, names);
  const known = names.length > 0 ? `there are ${names.join(", ")}` : `put one into ${directories[0] ?? "a file"}`;
  return new UsageError(
    `there is no sandbox policy called ${asked}`,
    `${meant ? `did you mean ${meant}?` : known} (for a file of that name: ./${asked})`,
  );
}

/** Of a directory: only a file's owner may replace it. */
const STICKY = 0o1000;

/** What decides about a command must be out of the command's reach, and of other users'. */
async function readTrusted(path: string, cwd: string): Promise<SandboxFile> {
  const found = await lstat(await realpath(path).catch(() => path)).catch(() => null);
  if (!found?.isFile())
    throw new UsageError(`there is no policy file ${path}`, "name a YAML file: claw sandbox --help");
  if ((found.mode & 0o022) !== 0)
    throw new UsageError(`the policy file ${path} can be written by others`, `take that away: chmod go-w ${path}`);
  const above = await stat(dirname(await realpath(path)));
  if ((above.mode & 0o022) !== 0 && (above.mode & STICKY) === 0)
    throw new UsageError(
      `the policy file ${path} is in a directory where others could put another`,
      `take that away: chmod go-w ${dirname(path)}`,
    );
  if (![0, process.getuid?.()].includes(found.uid))
    throw new UsageError(
      `the policy file ${path} belongs to somebody else`,
      "make it your own: cp it, and use the copy",
    );
  const repository = await repositoryHolding(path, cwd);
  if (repository !== null)
    throw new UsageError(
      `the policy file ${path} is inside the repository ${repository}, where commands of a session could have written it`,
      "keep it outside, next to config.yaml for example",
    );
  return readSandboxFile(await readFile(path, "utf8"), path);
}
