import { mkdir } from "node:fs/promises";
import { isMainThread } from "node:worker_threads";
import { SandboxUnavailable } from "../errors.ts";
import { assembleBox } from "./box.ts";
import { findBubblewrap } from "./bubblewrap.ts";
import { proveAbility } from "./proof.ts";
import { openContainer } from "./container/container.ts";
import { bare } from "./on-host/bare.ts";
import { openOnHost } from "./on-host/open.ts";
import { openSeatbelt } from "./on-host/seatbelt.ts";
import { remedyFor } from "./remedies.ts";
import type { ContainerChoice, OnEgress, Sandbox, SandboxHost, SandboxPolicy } from "./sandbox.ts";

/**
 * Opens a sandbox that has shown on this machine that it holds, and lacks nothing that its policy requires. Throws
 * SandboxUnavailable when there is none to be had.
 */
export async function openSandbox(policy: SandboxPolicy, host: SandboxHost, onEgress?: OnEgress): Promise<Sandbox> {
  const box = await openAny(policy, host, onEgress);
  const lacking = box.degraded.filter((name) => policy.requires?.includes(name));
  if (lacking.length === 0) return box;
  await box.close();
  throw new SandboxUnavailable(
    `the sandbox policy requires what this machine does not offer: ${lacking.join(", ")}`,
    lacking.map(remedyFor).join("; "),
  );
}

async function openAny(policy: SandboxPolicy, host: SandboxHost, onEgress?: OnEgress): Promise<Sandbox> {
  // The kernel ends a command with the thread that started it, and Node minds who closes a worker's descriptors.
  if (!isMainThread) throw new Error("a sandbox can be opened on the main thread only");
  await mkdir(host.stateDir, { recursive: true, mode: 0o700 });
  if (host.container) return openContainer(policy, host, host.container, onEgress);
  if (process.platform === "darwin") return openSeatbelt(policy, host, { onEgress });
  try {
    const bubblewrap = findBubblewrap(host.bwrap);
    return await assembleBox(policy, host, await proveAbility(bubblewrap, policy, host), onEgress);
  } catch (error) {
    if (!(error instanceof SandboxUnavailable) || !host.fallbacks) throw error;
    return openFirst(host.fallbacks, error, (engine) => openContainer(policy, host, engine, onEgress));
  }
}

/** Says what it is instead of; the reason of the first refusal when all refuse. */
async function openFirst(
  engines: readonly ContainerChoice[],
  refusal: SandboxUnavailable,
  open: (engine: ContainerChoice) => Promise<Sandbox>,
): Promise<Sandbox> {
  const refusals = [refusal.message];
  for (const engine of engines) {
    try {
      const box = await open(engine);
      return { ...box, degraded: ["bubblewrap", ...box.degraded] };
    } catch (error) {
      if (!(error instanceof SandboxUnavailable)) throw error;
      refusals.push(error.message);
    }
  }
  throw new SandboxUnavailable(refusals.join("; "), refusal.hint, refusal);
}

/** Commands run on the host as claw's own user. Only for a person who has said so at a terminal, and never instead of a sandbox that fails. */
export const openWithoutSandbox = (policy: SandboxPolicy, host: SandboxHost): Promise<Sandbox> =>
  openOnHost(policy, host, bare);
