import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { UsageError, WorkspaceError } from "../errors.ts";
import { openBeneath } from "./beneath.ts";
import { isInside } from "./check-policy.ts";
import type { Mount, SandboxPolicy } from "./sandbox.ts";

/**
 * The mounts of a policy, where files of the workspace itself are replaced by copies of them in `directory`. The
 * commands could put a link in such a file's place, and the next one would be shown whatever it leads to.
 */
export async function withFrozenFiles(policy: SandboxPolicy, directory: string): Promise<Mount[]> {
  return Promise.all(
    policy.mounts.map(async (mount, index) => {
      if (!isInside(mount.source, policy.workspace)) return mount;
      if (mount.writable)
        throw new UsageError(`${mount.source} is in the workspace already`, "mount it read-only, or not at all");
      return { ...mount, source: await freeze(policy.workspace, mount.source, join(directory, `frozen-${index}`)) };
    }),
  );
}

async function freeze(workspace: string, source: string, copy: string): Promise<string> {
  const file = await openBeneath(workspace, relative(workspace, source));
  if (!file) {
    throw new WorkspaceError(
      `${source} cannot be frozen: it is not a plain file reached without links`,
      "name a plain file",
    );
  }
  try {
    const { mode } = await file.stat();
    await writeFile(copy, await file.readFile(), { mode: mode & 0o777 });
    return copy;
  } finally {
    await file.close();
  }
}
