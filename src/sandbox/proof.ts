import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InfrastructureError, machineFailure, SandboxUnavailable, UsageError, WorkspaceError } from "../errors.ts";
import type { Ability } from "./box.ts";
import { findCgroupPlace } from "./cgroup.ts";
import { type Bubblewrap, checkVersion } from "./bubblewrap.ts";
import { freeBytes } from "./disk.ts";
import { findScopeMaker } from "./scope.ts";
import { namespaceHint } from "./namespace-hint.ts";
import type { SandboxHost, SandboxPolicy } from "./sandbox.ts";
import { kindOf, probeHash, provesCgroup, selfTest } from "./self-test.ts";

/** Less free space than the self-test needs, in bytes. */
const LEAST_SPACE = 2 ** 20;

/** Kinds of policies that are remembered. */
const MOST_KINDS = 500;

/** What was proved, for which program, kernel, user and test, and of which kinds of policies. */
const Proof = z.strictObject({
  identity: z.string(),
  test: z.string(),
  disableUserns: z.boolean(),
  keeps: z.boolean(),
  cgroup: z.boolean(),
  scope: z.boolean(),
  kinds: z.array(z.string()),
});
type Proof = z.infer<typeof Proof>;

/**
 * What bubblewrap can do here, shown by the self-test. It is run once for each bubblewrap, kernel, user and kind of
 * policy; what it showed is kept in the state directory. Throws SandboxUnavailable when the sandbox does not hold.
 */
export async function proveAbility(bubblewrap: Bubblewrap, policy: SandboxPolicy, host: SandboxHost): Promise<Ability> {
  const file = join(host.stateDir, "sandbox-proof.json");
  const known = await readProof(file);
  const identity = `${bubblewrap.identity} ${findCgroupPlace()?.version ?? (findScopeMaker() ? "systemd's" : "no")} cgroup`;
  const valid = known?.identity === identity && known.test === probeHash ? known : null;
  const kind = kindOf(policy);
  if (valid?.kinds.includes(kind)) return abilityOf(bubblewrap, valid);
  const ability = await prove(bubblewrap, { policy, host, known: valid && abilityOf(bubblewrap, valid) });
  const { disableUserns, keeps, cgroup, scope } = ability;
  const kinds = [...(valid?.kinds ?? []), kind].slice(-MOST_KINDS);
  const proof: Proof = { identity, test: probeHash, disableUserns, keeps, cgroup, scope, kinds };
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(proof), { mode: 0o600 });
  await rename(draft, file);
  return ability;
}

const abilityOf = ({ path }: Bubblewrap, { disableUserns, keeps, cgroup, scope }: Proof): Ability => ({
  bwrap: path,
  disableUserns,
  keeps,
  cgroup,
  scope,
});

async function readProof(file: string): Promise<Proof | null> {
  try {
    return Proof.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null; // none yet, or none that can be read: it will be made again
  }
}

interface Trial {
  readonly policy: SandboxPolicy;
  readonly host: SandboxHost;
  /** What another kind of policy has shown to work; then nothing less is tried. */
  readonly known: Ability | null;
}

/** Containers often refuse --disable-userns; without it the system-call filter alone forbids namespaces, which the test checks. */
async function prove(bubblewrap: Bubblewrap, { policy, host, known }: Trial): Promise<Ability> {
  const tries = known ? [known] : attempts(bubblewrap, await checkVersion(bubblewrap));
  let failure = "";
  let cause: unknown;
  for (const ability of tries) {
    try {
      const misses = await twice(() => selfTest(policy, host, ability));
      if (misses.length === 0) return known ?? { ...ability, ...(await provenLimits(host, ability)) };
      failure = misses.join("; ");
    } catch (error) {
      if (isOfPolicy(error)) throw error;
      const machine = machineFailure(error);
      if (machine) throw machine;
      failure = (error as Error).message;
      cause = error;
    }
  }
  await refuseFullDisk(host.stateDir);
  throw new SandboxUnavailable(`the sandbox does not hold on this machine: ${failure}`, namespaceHint(), cause);
}

/** What of the kernel's limits for all processes together holds here; a scope is tried where there is no other way. */
async function provenLimits(host: SandboxHost, ability: Ability): Promise<Pick<Ability, "cgroup" | "scope">> {
  const proves = (more: Partial<Ability>): Promise<boolean> =>
    twice(() => provesCgroup(host, { ...ability, ...more })).catch(() => false);
  const cgroup = await proves({ cgroup: true });
  const scope = !cgroup && findScopeMaker() !== null && (await proves({ scope: true }));
  return { cgroup, scope };
}

/** A machine that is short of processes for a moment may fail at what it can do. What a test shows is never asked again. */
async function twice<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOfPolicy(error)) throw error;
    return work();
  }
}

/** The policy is to blame, and not the machine. */
const isOfPolicy = (error: unknown): boolean => error instanceof UsageError || error instanceof WorkspaceError;

/** Best first. */
const attempts = ({ path }: Bubblewrap, { disableUserns }: Pick<Ability, "disableUserns">): Ability[] =>
  [
    { disableUserns, keeps: true },
    ...(disableUserns ? [{ disableUserns: true, keeps: false }] : []),
    { disableUserns: false, keeps: false },
  ].map((attempt) => ({ bwrap: path, ...attempt, cgroup: false, scope: false }));

/** Without space no command can write, which looks like a sandbox that does not work. */
async function refuseFullDisk(dir: string): Promise<void> {
  if ((await freeBytes(dir)) >= LEAST_SPACE) return;
  throw new InfrastructureError(
    `the disk that holds ${dir} is full`,
    "free space there, or set CLAW_HOME to another disk",
  );
}
