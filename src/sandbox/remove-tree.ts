import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { InfrastructureError } from "../errors.ts";

const run = promisify(execFile);

/**
 * Removes a directory that commands have worked in, absolute path. They may have taken away permissions, or nested
 * directories deeper than a path may be long; the system's own tools go down step by step and follow no link.
 */
export async function removeTree(root: string): Promise<void> {
  try {
    await rm(root, { recursive: true, force: true });
  } catch {
    await run("/bin/chmod", ["-R", "u+rwx", "--", root], { env: {} }).catch(() => undefined);
    await run("/bin/rm", ["-rf", "--", root], { env: {} }).catch((error: unknown) => {
      throw new InfrastructureError(
        `${root} could not be removed: ${(error as Error).message.trim().split("\n").at(-1)}`,
        `remove it yourself, then resume: rm -rf ${root}`,
        error,
      );
    });
  }
}
