import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ownedName } from "../ledger/owned-name.ts";
import { readManifest } from "../policy/manifest.ts";
import { defaultGrants } from "../policy/network.ts";
import { createClone } from "../repo/clone.ts";
import type { DependencySource } from "../repo/dependencies.ts";
import { openFor } from "./open-for.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import { planDependencies, reusable } from "./dependencies.ts";
import type { PolicyParts } from "./room-policy.ts";
import { furnishRoom, maskedFiles, type Room, type RoomPlan } from "./sandboxes.ts";
import type { House } from "./start.ts";
import { refuseOtherHost } from "./this-host.ts";

export interface PrivateRoomPlan {
  /** Anywhere inside the user's repository. */
  readonly cwd: string;
  /** Replaces what a session's room has. */
  readonly room: Partial<PolicyParts & Pick<RoomPlan, "onEgress">>;
}

/** A sandbox as a session has it, on a private copy of HEAD, for as long as `use` takes. Nothing is recorded or kept. */
export async function inPrivateRoom<T>(
  house: House,
  plan: PrivateRoomPlan,
  use: (room: Room) => Promise<T>,
): Promise<T> {
  const repository = await openFor(house, plan.cwd);
  const parent = join(house.home, "rooms", ownedName("") + house.clock.newId());
  const dir = join(parent, "workspace");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  try {
    const clone = await createClone(repository, repository.head, join(parent, "clone"));
    await clone.checkout(clone.base.tree, dir);
    const manifest = readManifest((await clone.read(clone.base.tree, "claw.yaml"))?.toString("utf8"));
    refuseOtherHost(house, manifest);
    const room = await furnishRoom(
      { clone, openSandbox: (policy, onEgress) => house.openSandbox(policy, onEgress) },
      {
        purpose: "try",
        dir,
        tree: clone.base.tree,
        dependencies: await installed({ clone, repository }),
        masked: await maskedFiles(
          { clone, manifest, network: house.network ?? defaultGrants },
          { tree: clone.base.tree, mask: plan.room.mask ?? [] },
        ),
        ...plan.room,
      },
    );
    try {
      return await use(room);
    } finally {
      await room.close();
    }
  } finally {
    await removeTree(parent);
  }
}

/** The packages of the user's tree when they match the lockfile; a try installs none. */
export async function installed(parts: Parameters<typeof reusable>[0]): Promise<readonly DependencySource[]> {
  const plan = await planDependencies(parts);
  if (plan.manager === null || !plan.needsInstall) return [];
  const own = await reusable(parts, plan);
  return "sources" in own ? own.sources : [];
}
