import { realpath, stat } from "node:fs/promises";
import { UsageError } from "../errors.ts";
import { grants, hostRuleText, readHostRules } from "../policy/host-rules.ts";
import { limitsOf, type SandboxFile } from "../policy/sandbox-file.ts";
import { isInside } from "../sandbox/check-policy.ts";
import type { Limits } from "../sandbox/sandbox.ts";
import { isToolchain } from "../sandbox/toolchains.ts";
import { readOfferedPolicy, readPolicyFile, type Shelf } from "./policy-shelf.ts";
import type { RoomPlan } from "./sandboxes.ts";
import type { WorkDesk } from "./workflow.ts";

/** Where policies are, and what they may be filled with. */
export interface PolicySource extends Shelf {
  readonly userHome: string;
  /** A variable of the user's environment. */
  readonly variable: (name: string) => string | undefined;
}

/** What a policy says about a room. */
export type PolicyParts = Pick<
  RoomPlan,
  "hosts" | "egressLimits" | "workspaceMode" | "mounts" | "env" | "limits" | "mask" | "hasGit" | "kernel"
>;

interface Asked {
  /** A policy's name, or a file relative to the source's `cwd`. */
  readonly policy: string | undefined;
  /** Hosts besides those of the policy. */
  readonly hosts: readonly string[];
  readonly seconds: number | undefined;
}

/** What a person asks of one sandbox: a policy, and flags that win over it. Throws UsageError. */
export async function readRoomPolicy({ policy, hosts, seconds }: Asked, source: PolicySource): Promise<PolicyParts> {
  readHostRules(hosts);
  const file = policy === undefined ? undefined : await readPolicyFile(policy, source);
  if (file) refuseWidening(file, hosts, policy ?? "");
  const parts = file ? await partsOf(file, source) : {};
  return {
    ...parts,
    hosts: [...(parts.hosts ?? []), ...hosts],
    limits: { ...parts.limits, ...(seconds !== undefined && { wallMs: seconds * 1000 }) },
  };
}

/** Who names a policy gets no more than it says, unless it says that, too. */
function refuseWidening({ cliMayWiden, network }: SandboxFile, hosts: readonly string[], policy: string): void {
  const own = readHostRules(network.hosts);
  const beyond = cliMayWiden ? undefined : readHostRules(hosts).find((rule) => !grants(own, rule));
  if (beyond === undefined) return;
  throw new UsageError(
    `the sandbox policy ${policy} does not let --egress add ${hostRuleText(beyond)}`,
    `write "cliMayWiden: true" or the host (network.hosts) into it, or leave out --policy or --egress`,
  );
}

/** The policy that a repository names in claw.yaml or in a role file; nothing when it names none. Throws UsageError. */
export async function offeredPolicy(
  name: string | undefined,
  source: PolicySource,
  by = "claw.yaml",
): Promise<PolicyParts> {
  return name === undefined ? {} : partsOf(await readOfferedPolicy(name, source, by), source);
}

/**
 * As the policy narrows it that the plan or claw.yaml names. An installation is a sandbox of its own: of the policy it has
 * what is hidden and what is required. Throws UsageError.
 */
export async function withPolicy<Plan extends Omit<RoomPlan, "onEgress">>(
  { manifest, policies }: Pick<WorkDesk, "manifest" | "policies">,
  plan: Plan & { readonly hosts: readonly string[] },
): Promise<Plan & { readonly hosts: readonly string[] }> {
  const name = plan.policy ?? manifest.sandbox.policy;
  if (name === undefined) return plan;
  const policy = await offeredPolicy(name, policies);
  if (plan.purpose === "install")
    return { ...plan, mask: policy.mask ?? [], kernel: { requires: policy.kernel?.requires ?? [] } };
  const allowed = readHostRules(policy.hosts ?? []);
  const beyond = readHostRules(plan.hosts).find((rule) => !grants(allowed, rule));
  if (beyond)
    throw new UsageError(
      `claw.yaml declares ${hostRuleText(beyond)}, and the sandbox policy ${name} does not let commands reach it`,
      "take it out of claw.yaml, or write it into network.hosts of that policy",
    );
  return {
    ...policy,
    ...plan,
    ...(policy.workspaceMode === "ro" && { workspaceMode: "ro" }),
    env: { ...policy.env, ...plan.env },
    limits: smaller(policy.limits ?? {}, plan.limits ?? {}),
  };
}

/** Of each limit the smaller one. */
const smaller = (one: Partial<Limits>, other: Partial<Limits>): Partial<Limits> =>
  Object.fromEntries(
    Object.entries({ ...one, ...other }).map(([name, value]) => {
      const both = [value, one[name as keyof Limits] ?? value];
      // Free space and niceness are the stricter the more they are.
      return [name, ["diskFloorBytes", "niceness"].includes(name) ? Math.max(...both) : Math.min(...both)];
    }),
  );

/** A policy in the words of a room. Throws UsageError for what it must not show. */
async function partsOf(file: SandboxFile, source: PolicySource): Promise<PolicyParts> {
  const { workspace, git, read, env, pass, mask, network, ptrace, unixSockets, shmMiB, requires } = file;
  const { uploadMiB, connections } = network;
  const passed = pass.flatMap((name) => {
    const value = source.variable(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    hosts: network.hosts,
    workspaceMode: workspace,
    hasGit: git === "private",
    mounts: await Promise.all(read.map(async (path) => ({ source: await shown(path, source), target: path }))),
    mask,
    env: { ...Object.fromEntries(passed), ...env },
    limits: limitsOf(file),
    egressLimits: {
      ...(uploadMiB !== undefined && { uploadBytes: uploadMiB * 2 ** 20 }),
      ...(connections !== undefined && { connections }),
    },
    kernel: {
      ptrace,
      unixSockets,
      requires,
      ...(shmMiB !== undefined && { sharedMemoryBytes: shmMiB * 2 ** 20 }),
    },
  };
}

/** Where the machine and its people keep what is not a command's business: too much as a whole, and in every part. */
const whole = ["/", "/root", "/home", "/var", "/tmp"];
const machine = ["/etc", "/run", "/proc", "/sys", "/dev", "/boot"];

/** A path that a policy may show: it exists, and lies in nobody's home but for a toolchain there. */
async function shown(path: string, { userHome }: PolicySource): Promise<string> {
  const real = await realpath(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be shown to the command: it does not exist`, "take it out of read", error);
  });
  const home = await realpath(userHome).catch(() => userHome);
  const inHome = ["/root", home].some((dir) => isInside(real, dir)) || /^\/home\/[^/]+(?:\/|$)/.test(real);
  const isMachine = machine.some((dir) => isInside(real, dir)) || (await stat(real)).isSocket();
  if (!isMachine && !whole.includes(real) && (!inHome || isToolchain(real))) return real;
  throw new UsageError(
    `${path} cannot be shown to a command: ${inHome ? "it is in a home" : isMachine ? "it is the machine's" : "that is too much of the machine"}`,
    "name something smaller, or copy what is needed to a directory of its own, such as /opt/data",
  );
}
