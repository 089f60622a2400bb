import { lookup as systemLookup } from "node:dns/promises";
import { readHostRules } from "../../policy/host-rules.ts";
import type { EgressLimits, OnEgress, SandboxHost, SandboxPolicy } from "../sandbox.ts";
import { type Bridge, prepareBridge, socketPath } from "./bridge.ts";
import { openProxy } from "./proxy.ts";

/** The way out of one sandbox: a proxy on the host, and what shows it inside. */
export interface Outlet extends Bridge {
  close(): Promise<void>;
}

const MiB = 2 ** 20;
const defaultLimits: EgressLimits = {
  uploadBytes: 16 * MiB,
  connections: 64,
  connectionMs: 900_000,
  idleMs: 120_000,
  greetingMs: 10_000,
};

interface OutletPlan {
  /** Private to claw, and to this sandbox. */
  readonly scratch: string;
  readonly host: Pick<SandboxHost, "privateHosts" | "lookup">;
  readonly onEgress: OnEgress;
  readonly onFailure: (error: unknown) => void;
}

/** Opens the way out that a policy declares; null, and no socket at all, when it declares none. */
export async function openOutlet(network: SandboxPolicy["network"], plan: OutletPlan): Promise<Outlet | null> {
  if (network === "none" || network.hosts.length === 0) return null;
  const socket = socketPath(plan.scratch);
  const proxy = await openProxy(socket, {
    rules: readHostRules(network.hosts),
    trusted: readHostRules(plan.host.privateHosts ?? []),
    limits: { ...defaultLimits, ...network.limits },
    lookup: plan.host.lookup ?? allAddresses,
    record: plan.onEgress,
    onFailure: plan.onFailure,
  });
  return { ...(await prepareBridge(socket, plan.scratch)), close: () => proxy.close() };
}

const allAddresses = async (host: string): Promise<readonly string[]> =>
  (await systemLookup(host, { all: true, order: "ipv4first" })).map(({ address }) => address);
