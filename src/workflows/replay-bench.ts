import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Bench, BenchRoom } from "../agent/replay/bench.ts";
import { WorkspaceError } from "../errors.ts";
import type { Recorded } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { ownedName } from "../ledger/owned-name.ts";
import type { Role } from "../policy/roles.ts";
import { type Clone, createClone } from "../repo/clone.ts";
import type { DependencySource } from "../repo/dependencies.ts";
import { openRepository, type Repository } from "../repo/repository.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import * as tools from "../tools/all.ts";
import { foldRun, ofType } from "../views/run.ts";
import type { Stretch } from "../views/stretches.ts";
import { installed } from "./private-room.ts";
import { furnishRoom, type Room } from "./sandboxes.ts";
import { restoreObjects } from "./snapshots.ts";
import type { House } from "./start.ts";
import { readManifest } from "../policy/manifest.ts";
import { refuseOtherHost } from "./this-host.ts";

export interface BenchPlan {
  /** Where the run is on record. */
  readonly ledger: Pick<Ledger, "read" | "bytes">;
  readonly run: string;
  /** Where the repository is now; null for where it was. */
  readonly repository: string | null;
}

/** Rooms of a private clone in which a run's tools run again, for as long as `use` takes. Without network; nothing is kept. */
export async function withReplayBench<T>(house: House, plan: BenchPlan, use: (bench: Bench) => Promise<T>): Promise<T> {
  const { run, ledger } = plan;
  const { events } = await ledger.read(run);
  const { started } = foldRun(events);
  if (!started) throw new WorkspaceError(`run ${run} has no beginning`, "nothing of it can be run again");
  const said =
    started.manifest === null ? undefined : Buffer.from(await ledger.bytes(started.manifest)).toString("utf8");
  refuseOtherHost(house, readManifest(said));
  const at = plan.repository ?? started.repository;
  const repository = await openRepository(at, { searchPath: house.path, home: house.userHome });
  await repository.resolve(started.base).catch((error: unknown) => {
    const problem = `the commit ${started.base.slice(0, 12)} that the run began from is not in ${repository.root}`;
    throw new WorkspaceError(problem, "fetch it, or replay without --tools", error);
  });
  const parent = join(house.home, "rooms", ownedName("") + house.clock.newId());
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const rooms = roomKeeper();
  try {
    const clone = await createClone(repository, started.base, join(parent, "clone"));
    await restoreObjects({ run, events, bytes: (sha) => ledger.bytes(sha) }, clone);
    const dependencies = await packagesOf(events, { clone, repository });
    const open: Bench["open"] = (stretch, role) =>
      rooms.roomFor({ house, clone, dependencies, events, dir: join(parent, stretch.session) }, stretch, role);
    return await use({ open });
  } finally {
    await rooms.close();
    await removeTree(parent);
  }
}

/** The packages of the user's tree, as they are now: a replay installs nothing. */
async function packagesOf(
  events: readonly Recorded[],
  parts: { readonly clone: Clone; readonly repository: Repository },
): Promise<readonly DependencySource[]> {
  const sources = await installed(parts);
  const had = ofType(events, "dependencies.prepared").at(-1);
  if (sources.length > 0 || !had || had.how === "none") return sources;
  throw new WorkspaceError(
    `the packages that the run had are not installed in ${parts.repository.root}`,
    `install them there as the lockfile says${had.command ? `: ${had.command}` : ""}; or replay without --tools`,
  );
}

interface Furnishing {
  readonly house: House;
  readonly clone: Clone;
  readonly dependencies: readonly DependencySource[];
  readonly events: readonly Recorded[];
  readonly dir: string;
}

/** One room at a time: the stretches of a session share theirs. */
function roomKeeper() {
  let current: { readonly session: string; readonly room: Room } | undefined;
  const close = async (): Promise<void> => {
    const { room } = current ?? {};
    current = undefined;
    await room?.close();
  };
  return {
    close,
    async roomFor(furnishing: Furnishing, stretch: Stretch, role: Role): Promise<BenchRoom> {
      const { clone, dir, events } = furnishing;
      if (current?.session === stretch.session) {
        const wanted = treeFor(events, stretch);
        if (wanted !== null) {
          await clone.update(dir, await clone.snapshot(dir), wanted);
          await current.room.sandbox.handOver();
        }
      } else {
        await close();
        current = { session: stretch.session, room: await furnish(furnishing, stretch, role) };
      }
      return benchRoom(current.room, furnishing);
    },
  };
}

const Reproduced = z.object({ reproduction: z.object({ tree: z.string(), files: z.array(z.string()) }) });

/** A session's room as it was: the base, or the reproduction where there was one, with its files frozen. */
async function furnish(
  { house, clone, dependencies, dir }: Furnishing,
  { before, session }: Stretch,
  role: Role,
): Promise<Room> {
  const finished = ofType(before, "stage.finished").findLast(({ stage }) => stage === "reproduce");
  const reproduction = Reproduced.safeParse(finished?.output).data?.reproduction;
  const tree = reproduction?.tree ?? clone.base.tree;
  const restored = ofType(before, "workspace.restored").findLast(({ workspace }) => workspace === session);
  const opened = ofType(before, "sandbox.opened").findLast(({ purpose }) => purpose === role.kind);
  await mkdir(dir, { mode: 0o700 });
  await clone.checkout(restored?.tree ?? tree, dir);
  return furnishRoom(
    { clone, openSandbox: (policy, onEgress) => house.openSandbox(policy, onEgress) },
    {
      purpose: "replay",
      dir,
      tree,
      dependencies,
      frozen: reproduction?.files ?? [],
      // What its commands found empty then, they find empty now, and of git what they found.
      masked: opened?.masked ?? [],
      hasGit: !(opened?.git === "none" || (opened?.masked && !opened.git)),
      ...(role.bounds?.workspace && { workspaceMode: role.bounds.workspace }),
      ...(opened?.workspace && { workspaceMode: opened.workspace }),
    },
  );
}

/**
 * What a session went on with after an interruption, where its own replay cannot know: files that were lost and restored,
 * or that a command had begun to change. Null where they were as they had been left.
 */
function treeFor(events: readonly Recorded[], { before, session, facts }: Stretch): string | null {
  const resumed = ofType(before, "run.resumed").at(-1)?.seq ?? 0;
  const restored = ofType(before, "workspace.restored").findLast(
    ({ workspace, seq }) => workspace === session && seq > resumed,
  );
  if (restored) return restored.tree;
  const last = before.findLast((event) => "session" in event && event.session === session);
  if (last?.type !== "call.judged" || last.effect === "read") return null;
  const next = facts.find(({ type }) => type === "call.judged")?.seq ?? Infinity;
  return (
    ofType(events, "snapshot.taken").find(({ workspace, seq }) => workspace === session && seq > last.seq && seq < next)
      ?.tree ?? null
  );
}

const benchRoom = ({ sandbox }: Room, { clone, dir }: Furnishing): BenchRoom => ({
  sandbox,
  tools: Object.values(tools).filter(({ effect }) => effect !== "stop"),
  async change(from) {
    const tree = await clone.snapshot(dir);
    const { patch } = await clone.diff(from, tree);
    return { tree, patch: createHash("sha256").update(patch).digest("hex") };
  },
});
