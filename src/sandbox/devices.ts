import { execFile } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ownedName } from "../ledger/owned-name.ts";

const run = promisify(execFile);

/** Character devices by their minor number, all of major 1, and of major 5 for the terminal. */
const nodes: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  null: [1, 3],
  zero: [1, 5],
  full: [1, 7],
  random: [1, 8],
  urandom: [1, 9],
  tty: [5, 0],
};

/** Names of the devices that stand in for the host's. */
export const deviceNames = Object.keys(nodes);

const NOBODY = 65534;

/**
 * Device nodes that belong to nobody, for commands that run as uid 0: the host's own nodes belong to that uid, so
 * a command could change their mode for everybody on the machine. Returns their directory, made once per `stateDir`;
 * null for other users, who own no node, and where nodes cannot be made.
 */
export async function prepareDevices(stateDir: string, uid: number): Promise<string | null> {
  if (uid !== 0) return null;
  const directory = join(stateDir, "dev");
  if (await stat(directory).catch(() => null)) return directory;
  const draft = await mkdtemp(join(stateDir, ownedName("draft-")));
  const made = join(draft, "dev");
  try {
    await mkdir(made, { mode: 0o755 });
    await Promise.all(
      Object.entries(nodes).map(async ([name, [major, minor]]) => {
        const node = join(made, name);
        await run("/usr/bin/mknod", [node, "c", `${major}`, `${minor}`], { env: {} });
        await chmod(node, 0o666);
        await chown(node, NOBODY, NOBODY);
      }),
    );
    // On a disk mounted without devices the nodes exist, and do not open.
    await (await open(join(made, "null"), "w")).close();
    // Another process may have been faster; its nodes are as good.
    await rename(made, directory).catch(() => stat(directory));
    return directory;
  } catch {
    return null;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
