import { randomBytes } from "node:crypto";
import { lookup as systemLookup } from "node:dns/promises";
import { readHostRules } from "../../policy/host-rules.ts";
import type { Egress, EgressLimits, OnEgress, SandboxHost, SandboxPolicy } from "../sandbox.ts";
import { type Bridge, prepareBridge, proxyVariables, socketPath } from "./bridge.ts";
import { openProxy, type ProxyPlan } from "./proxy.ts";

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
  if (!declaresHosts(network)) return null;
  const socket = socketPath(plan.scratch);
  const proxy = await openProxy({ path: socket }, proxyPlan(network, plan));
  return { ...(await prepareBridge(socket, plan.scratch)), close: () => proxy.close() };
}

/** The way out of a sandbox that shares the host's loopback: its own port there, and its own password. */
export interface LoopbackOutlet {
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** The same for a sandbox without mounts. */
export async function openLoopbackOutlet(
  network: SandboxPolicy["network"],
  plan: Omit<OutletPlan, "scratch">,
): Promise<LoopbackOutlet | null> {
  if (!declaresHosts(network)) return null;
  const password = randomBytes(16).toString("hex");
  const proxy = await openProxy({ password }, proxyPlan(network, plan));
  const port = proxy.port ?? 0;
  return { port, env: proxyVariables(`http://claw:${password}@127.0.0.1:${port}`), close: () => proxy.close() };
}

/** Does a policy want any way out? */
const declaresHosts = (network: SandboxPolicy["network"]): network is Egress =>
  network !== "none" && network.hosts.length > 0;

const proxyPlan = ({ hosts, limits }: Egress, plan: Omit<OutletPlan, "scratch">): ProxyPlan => ({
  rules: readHostRules(hosts),
  trusted: readHostRules(plan.host.privateHosts ?? []),
  limits: { ...defaultLimits, ...limits },
  lookup: plan.host.lookup ?? allAddresses,
  record: plan.onEgress,
  onFailure: plan.onFailure,
});

const allAddresses = async (host: string): Promise<readonly string[]> =>
  (await systemLookup(host, { all: true, order: "ipv4first" })).map(({ address }) => address);
