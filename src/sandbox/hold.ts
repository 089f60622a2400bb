import { agentOf, INSIDE, readableByAll, thisUser, type UserId } from "./agent-user.ts";
import { type Cgroup, openCgroup } from "./cgroup.ts";
import { type Keeper, type KnownUser, openKeeper } from "./keeper.ts";
import { findScopeMaker, type ScopeMaker } from "./scope.ts";
import type { SandboxPolicy } from "./sandbox.ts";

/** What holds the commands of one sandbox together from outside. Null is what this machine does not offer. */
export interface Hold {
  /** Whom the commands run as; null: whoever claw runs as. */
  readonly agent: UserId | null;
  readonly keeper: Keeper | null;
  readonly cgroup: Cgroup | null;
  /** Makes a group for each command instead. */
  readonly scope: ScopeMaker | null;
  close(): Promise<void>;
}

/** What the self-test has shown to work. */
export interface HoldAbility {
  /** Can a keeper hold the namespaces of a sandbox, and commands of root run as a user of their own in them? */
  readonly keeps: boolean;
  readonly cgroup: boolean;
  readonly scope: boolean;
}

/** `name` is the sandbox's own among all of this machine. */
export async function openHold(policy: SandboxPolicy, name: string, ability: HoldAbility): Promise<Hold> {
  const agent = ability.keeps && thisUser().uid === 0 && canBeRead(policy) ? agentOf(policy.workspace) : null;
  const keeper = ability.keeps ? await openKeeper(knownTo(agent), agent) : null;
  const cgroup = ability.cgroup ? openCgroup(policy.limits, name, agent) : null;
  const close = async (): Promise<void> => {
    keeper?.close();
    await cgroup?.close();
  };
  return { agent, keeper, cgroup, scope: cgroup === null && ability.scope ? findScopeMaker() : null, close };
}

/** Root has to be known where bubblewrap must reach what only root may; nothing inside ever has its id, nor commands a capability. */
const knownTo = (agent: UserId | null): KnownUser[] => [
  { inside: thisUser(), outside: thisUser() },
  ...(agent ? [{ inside: INSIDE, outside: agent }] : []),
];

/** Mounts stay their owner's: what only root may read, a command that is not root could not use. */
const canBeRead = ({ git, mounts }: SandboxPolicy): boolean =>
  [...(git?.objects ?? []), ...mounts.flatMap(({ source, writable }) => (writable ? [] : [source]))].every(
    readableByAll,
  );
