import type { Manifest } from "../policy/manifest.ts";
import { readGranted } from "../policy/network.ts";
import type { Repository } from "../repo/repository.ts";
import { offeredPolicy, type PolicySource } from "./room-policy.ts";
import type { House } from "./start.ts";
import { refuseOtherHost } from "./this-host.ts";

/** claw.yaml, once it is known to let work be done on this host and to ask for nothing that the user does not grant. Throws ClawError. */
export async function grantedManifest(
  house: Pick<House, "labels" | "network" | "policies" | "userHome">,
  repository: Repository,
  text: string | undefined,
): Promise<Manifest> {
  const manifest = readGranted(text, house.network);
  refuseOtherHost(house, manifest);
  await offeredPolicy(manifest.sandbox.policy, policySource(house, repository));
  return manifest;
}

/** Where the sandbox policies of the user are looked up for a repository. */
export const policySource = (
  { policies, userHome }: Pick<House, "policies" | "userHome">,
  { root }: Repository,
): PolicySource => ({ ...policies, userHome, cwd: root });
