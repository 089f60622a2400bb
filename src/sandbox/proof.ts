import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InfrastructureError, machineFailure, SandboxUnavailable } from "../errors.ts";
import type { Ability } from "./box.ts";
import { findCgroupPlace } from "./cgroup.ts";
import { type Bubblewrap, checkVersion } from "./bubblewrap.ts";
import { freeBytes } from "./disk.ts";
import type { SandboxHost } from "./sandbox.ts";
import { probeHash, provesCgroup, selfTest } from "./self-test.ts";

/** Less free space than the self-test needs, in bytes. */
const LEAST_SPACE = 2 ** 20;

/** What was proved, and for which program, kernel, user and test. */
const Proof = z.strictObject({
  identity: z.string(),
  test: z.string(),
  disableUserns: z.boolean(),
  keeps: z.boolean(),
  cgroup: z.boolean(),
});

/**
 * What bubblewrap can do here, shown by the self-test. It is run once for each bubblewrap, kernel and user; what it
 * showed is kept in the state directory. Throws SandboxUnavailable when the sandbox does not hold.
 */
export async function proveAbility(bubblewrap: Bubblewrap, host: SandboxHost): Promise<Ability> {
  const file = join(host.stateDir, "sandbox-proof.json");
  const known = await readProof(file);
  const identity = `${bubblewrap.identity} ${findCgroupPlace()?.version ?? "no"} cgroup`;
  if (known?.identity === identity && known.test === probeHash) {
    const { disableUserns, keeps, cgroup } = known;
    return { bwrap: bubblewrap.path, disableUserns, keeps, cgroup };
  }
  const ability = await prove(bubblewrap, host);
  const draft = `${file}.${randomUUID()}`;
  const { disableUserns, keeps, cgroup } = ability;
  const proof = { identity, test: probeHash, disableUserns, keeps, cgroup };
  await writeFile(draft, JSON.stringify(proof), { mode: 0o600 });
  await rename(draft, file);
  return ability;
}

async function readProof(file: string): Promise<z.infer<typeof Proof> | null> {
  try {
    return Proof.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return null; // none yet, or none that can be read: it will be made again
  }
}

/** Containers often refuse --disable-userns; without it the system-call filter alone forbids namespaces, which the test checks. */
async function prove(bubblewrap: Bubblewrap, host: SandboxHost): Promise<Ability> {
  const { disableUserns } = await checkVersion(bubblewrap);
  let failure = "";
  let cause: unknown;
  for (const attempt of attempts(disableUserns)) {
    const ability = { bwrap: bubblewrap.path, ...attempt, cgroup: false };
    try {
      const misses = await selfTest(host, ability);
      if (misses.length === 0) return { ...ability, cgroup: await provesCgroup(host, ability) };
      failure = misses.join("; ");
    } catch (error) {
      const machine = machineFailure(error);
      if (machine) throw machine;
      failure = (error as Error).message;
      cause = error;
    }
  }
  await refuseFullDisk(host.stateDir);
  throw new SandboxUnavailable(
    `the sandbox does not hold on this machine: ${failure}`,
    "user namespaces must be allowed here (in a container: seccomp=unconfined and an unmasked /proc)",
    cause,
  );
}

/** Best first. */
const attempts = (disableUserns: boolean): Pick<Ability, "disableUserns" | "keeps">[] => [
  { disableUserns, keeps: true },
  ...(disableUserns ? [{ disableUserns: true, keeps: false }] : []),
  { disableUserns: false, keeps: false },
];

/** Without space no command can write, which looks like a sandbox that does not work. */
async function refuseFullDisk(dir: string): Promise<void> {
  if ((await freeBytes(dir)) >= LEAST_SPACE) return;
  throw new InfrastructureError(
    `the disk that holds ${dir} is full`,
    "free space there, or set CLAW_HOME to another disk",
  );
}
