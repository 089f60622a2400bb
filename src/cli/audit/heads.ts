import { resolve } from "node:path";
import { z } from "zod";
import type { App } from "../../app.ts";
import { WorkspaceError } from "../../errors.ts";
import type { PublishedHead } from "../../ledger/audit/finding.ts";
import { clawBranches } from "../../repo/claw-commits.ts";
import { openRepository, type Repository } from "../../repo/repository.ts";

/** `<run>=<sha>`, as a person writes a head they kept. */
export const Head = z
  .string()
  .regex(/^[0-9a-z]+=(sha256:)?[0-9a-f]{64}$/, "must be <run>=<sha256 of its head>, and name the whole run")
  .transform((text): PublishedHead => {
    const [run = "", head = ""] = text.split("=");
    return { run, head: head.replace("sha256:", ""), where: "--head" };
  });

/** The heads that claw's branches carry in the trailers of their commits. */
export async function branchHeads(repository: Repository): Promise<readonly PublishedHead[]> {
  const commits = await clawBranches(repository);
  return commits.map(({ run, record, branch }) => ({ run, head: record, where: `branch ${branch}` }));
}

/** The repository that is named, or the one around the current directory; null when it is in none, or none is wanted. */
export async function repositoryAt(
  { config }: App,
  cwd: string,
  named: string | false | undefined,
): Promise<Repository | null> {
  if (named === false) return null;
  try {
    return await openRepository(resolve(cwd, named ?? "."), { searchPath: config.path, home: config.userHome });
  } catch (error) {
    if (named === undefined && error instanceof WorkspaceError) return null;
    throw error;
  }
}
