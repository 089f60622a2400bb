import { mkdir } from "node:fs/promises";
import { assembleBox } from "./box.ts";
import { findBubblewrap } from "./bubblewrap.ts";
import { proveAbility } from "./proof.ts";
import type { Sandbox, SandboxHost, SandboxPolicy } from "./sandbox.ts";

/**
 * Opens a sandbox that has shown on this machine that it holds. Throws SandboxUnavailable when there is none to be
 * had; there is no way to run a command without.
 */
export async function openSandbox(policy: SandboxPolicy, host: SandboxHost): Promise<Sandbox> {
  const bubblewrap = findBubblewrap(host.bwrap);
  await mkdir(host.stateDir, { recursive: true, mode: 0o700 });
  return assembleBox(policy, host, await proveAbility(bubblewrap, host));
}
