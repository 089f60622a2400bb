import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { InfrastructureError } from "../errors.ts";
import { givenAtOnce } from "./give-trees.ts";

const run = promisify(execFile);

/** A user id on a machine. */
export interface UserId {
  readonly uid: number;
  readonly gid: number;
}

/** Who commands are inside when claw runs as root. */
export const INSIDE: UserId = { uid: 1000, gid: 1000 };

/** Host ids of agents begin here: systemd's list of assigned ranges leaves 0x70000000 to 0x7fffffff to nobody. */
const FIRST = 0x7000_0000;
const COUNT = 2 ** 24;

/** The unprivileged user that the commands of a workspace run as when claw is root. Who it is, is a matter of the workspace alone, so that what a killed run left still belongs to the next one. */
export function agentOf(workspace: string): UserId {
  const chosen = createHash("sha256").update(workspace).digest().readUInt32LE() % COUNT;
  const { first, count } = availableIds(readFileSync("/proc/self/uid_map", "utf8"));
  const id = first + (chosen % count);
  return { uid: id, gid: id };
}

/** In a container root may have few ids to give away: then the last of those, which images do not use. */
export function availableIds(map: string): { readonly first: number; readonly count: number } {
  const ends = map
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([first = 0, , count = 0]) => ({ first, end: first + count }));
  if (ends.some(({ first, end }) => first <= FIRST && FIRST + COUNT <= end)) return { first: FIRST, count: COUNT };
  const last = Math.max(...ends.map(({ end }) => end));
  const count = 4096;
  if (last < 65_536 || !ends.some(({ first, end }) => end === last && end - first >= 2 * count)) {
    throw new Error("root has no user ids to give away here");
  }
  return { first: last - 2 * count, count };
}

/** Who owned a workspace before its commands did. After a crash it still belongs to them: then it was claw's. */
function ownerOf(workspace: string, agent: UserId): UserId {
  const { uid, gid } = statSync(workspace);
  return uid === agent.uid ? thisUser() : { uid, gid };
}

/** Who claw itself runs as. */
export const thisUser = (): UserId => ({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });

/** What commands may write is theirs for as long as their sandbox is open. */
export interface Possession {
  /** Gives them what others have put there meanwhile. */
  renew(): Promise<void>;
  /** Gives everything back. */
  end(): Promise<void>;
}

/**
 * Hands over the workspace, which comes first and whose owner gets everything back, and what else commands write to; and
 * for good what goes away with the sandbox.
 */
export async function possess(
  paths: readonly [string, ...string[]],
  agent: UserId,
  forGood: readonly string[],
): Promise<Possession> {
  const owner = ownerOf(paths[0], agent);
  const give = (user: UserId, more: readonly string[] = []): Promise<void> =>
    giveTrees([...paths.filter((path) => existsSync(path)), ...more], user);
  await give(agent, forGood);
  return { renew: () => give(agent), end: () => give(owner) };
}

/** Gives whole trees away, links themselves and never what they lead to. */
async function giveTrees(paths: readonly string[], user: UserId): Promise<void> {
  const { uid, gid } = user;
  if (paths.length === 0 || givenAtOnce(paths, user)) return;
  await run("/bin/chown", ["-R", "-P", "-h", "--", `${uid}:${gid}`, ...paths], { env: {} }).catch((error: unknown) => {
    throw new InfrastructureError(
      `files of the sandbox could not be given to user ${uid}: ${(error as Error).message.trim().split("\n").at(-1)}`,
      "use a disk that knows owners for CLAW_HOME",
      error,
    );
  });
}

/** Can somebody who is neither owner nor of the group read what is there? Asked of the top only. */
export function readableByAll(path: string): boolean {
  const { mode } = statSync(path);
  const wanted = (mode & 0o170_000) === 0o040_000 ? 0o005 : 0o004;
  return (mode & wanted) === wanted;
}
