import { join } from "node:path";
import { SandboxUnavailable, UsageError } from "../errors.ts";
import { INSIDE, possess, type Possession, thisUser } from "./agent-user.ts";
import { bubblewrapArguments } from "./arguments.ts";
import { type CheckedPolicy, checkPolicy, isInside, isNested } from "./check-policy.ts";
import { collectFile } from "./collect.ts";
import { type Bench, runCommand, startHelper } from "./command.ts";
import { withoutCrashHandler } from "./crash-handler.ts";
import { prepareDevices } from "./devices.ts";
import { type Outlet, openOutlet } from "./egress/outlet.ts";
import { baseEnvironment } from "./environment.ts";
import { prepareEtc } from "./etc.ts";
import { fileHelper } from "./files.ts";
import { withFrozenFiles } from "./frozen.ts";
import { type Hold, type HoldAbility, openHold } from "./hold.ts";
import { inheritedDescriptors } from "./inherited.ts";
import { type OnLink, mountPointState, releaseMountPoints, reserveMountPoints } from "./mount-points.ts";
import { pipePool } from "./pipes.ts";
import type { OnEgress, Sandbox, SandboxHost, SandboxPolicy } from "./sandbox.ts";
import { openScratch, type Scratch, writePrivately } from "./scratch.ts";
import { seccompProgram } from "./seccomp.ts";
import { readSystemRoot } from "./system-root.ts";
import { findToolchains } from "./toolchains.ts";

/** What bubblewrap can do on this machine. */
export interface Ability extends HoldAbility {
  readonly bwrap: string;
  readonly disableUserns: boolean;
}

/** A sandbox, and what only its maker needs to know. */
export interface Box extends Sandbox {
  /** Names of the variables every command gets. */
  readonly environment: readonly string[];
}

/** Puts a sandbox together. Whether it contains anything is not asked here: that is for the self-test to say. */
export async function assembleBox(
  policy: SandboxPolicy,
  host: SandboxHost,
  ability: Ability,
  onEgress: OnEgress = () => Promise.resolve(),
): Promise<Box> {
  const checked = checkPolicy(policy, host);
  const scratch = await openScratch(host.stateDir, checked.policy.workspace);
  const places = mountPlaces(checked);
  const closing = new AbortController();
  let outlet: Outlet | null = null;
  try {
    outlet = await openOutlet(checked.policy.network, {
      scratch: scratch.host,
      host,
      onEgress,
      onFailure: (error) => closing.abort(error),
    });
    const prepared = await prepare(checked.policy, { host, ability, scratch, outlet, closing: closing.signal });
    places.reserve("refuse");
    return openedBox(checked, prepared, { scratch, places, closing, outlet });
  } catch (error) {
    places.release();
    await outlet?.close();
    await scratch.remove();
    throw error;
  }
}

interface Parts {
  readonly scratch: Scratch;
  readonly places: MountPlaces;
  readonly closing: AbortController;
  readonly outlet: Outlet | null;
}

function openedBox(checked: CheckedPolicy, prepared: Prepared, { scratch, places, closing, outlet }: Parts): Box {
  const running = new Set<Promise<unknown>>();
  const end = once(async () => {
    if (!(await scratch.isShared())) await prepared.possession?.end();
    await prepared.bench.hold.close();
    await scratch.remove();
  });
  const inTurn = isNested(checked.mountPoints) ? oneAtATime() : <T>(work: () => Promise<T>): Promise<T> => work();
  const files = fileHelper({
    maxBytes: prepared.bench.limits.outputBytes,
    launch: () => startHelper(prepared.bench),
    places: () => {
      places.reserve("replace");
      return places.state();
    },
    inTurn,
  });
  return {
    async exec(argv, options = {}) {
      checkArguments(argv);
      const result = inTurn(async () => {
        if (closing.signal.aborted) throw new Error("the sandbox is closed");
        places.reserve("replace");
        return runCommand(prepared.bench, argv, options);
      });
      running.add(result);
      return result.finally(() => running.delete(result));
    },
    files,
    handOver: async () => prepared.possession?.renew(),
    collect: (path, maxBytes) => collectFile(scratch.tmp, path, maxBytes),
    async close() {
      closing.abort();
      await Promise.allSettled([...running, files.close()]);
      await outlet?.close();
      places.release();
      await end();
    },
    backend: "bubblewrap",
    policyHash: checked.hash,
    degraded: prepared.degraded,
    environment: prepared.environment,
  };
}

interface Prepared {
  readonly bench: Bench;
  readonly environment: readonly string[];
  readonly degraded: readonly string[];
  /** Null when commands run as claw's own user. */
  readonly possession: Possession | null;
}

interface Surroundings {
  readonly host: SandboxHost;
  readonly ability: Ability;
  readonly scratch: Scratch;
  readonly outlet: Outlet | null;
  readonly closing: AbortSignal;
}

/** Everything on the host that commands of this sandbox will need. */
async function prepare(asked: SandboxPolicy, surroundings: Surroundings): Promise<Prepared> {
  const { ability, scratch } = surroundings;
  const hold = await openHold(asked, scratch.name, ability);
  try {
    return await prepareHeld(hold, asked, surroundings);
  } catch (error) {
    await hold.close();
    throw error;
  }
}

async function prepareHeld(
  hold: Hold,
  asked: SandboxPolicy,
  { host, ability, scratch, outlet, closing }: Surroundings,
): Promise<Prepared> {
  const { agent } = hold;
  const user = agent ? INSIDE : thisUser();
  const mounted = asked.mounts.map(({ source }) => join(source, "bin"));
  const [etc, devices, toolchains, mounts] = await Promise.all([
    prepareEtc(host.stateDir, user),
    prepareDevices(host.stateDir, user.uid),
    findToolchains(host, mounted),
    withFrozenFiles(asked, scratch.host),
  ]);
  const policy = { ...asked, mounts };
  const env = { ...baseEnvironment(toolchains.path), ...toolchains.env, ...policy.env, ...outlet?.env };
  const { home, tmp } = scratch;
  const layout = { policy, system: readSystemRoot(), etc, devices, home, tmp, toolchains: toolchains.directories, env };
  const bench: Bench = {
    bwrap: ability.bwrap,
    uncrashing: withoutCrashHandler(),
    hold,
    options: bubblewrapArguments({
      ...layout,
      disableUserns: ability.disableUserns,
      isKept: hold.keeper !== null,
      dropsUser: agent !== null,
      egress: outlet?.mounts ?? [],
    }),
    seccompFile: await writeSeccomp(scratch, policy),
    prefix: outlet?.prefix ?? [],
    limits: policy.limits,
    writable: [policy.workspace, ...writableBeside(policy), home, tmp],
    pipes: pipePool(scratch.host, agent),
    scratch: scratch.host,
    inherited: inheritedDescriptors(),
    closing,
  };
  const frozen = policy.mounts.map(({ source }) => source).filter((source) => isInside(source, scratch.host));
  return {
    bench,
    environment: Object.keys(env),
    degraded: degradations(ability, { ...hold, devices }),
    possession: agent && (await possess([policy.workspace, ...writableBeside(policy)], agent, [home, tmp, ...frozen])),
  };
}

function checkArguments(argv: readonly string[]): void {
  if (argv.length > 0 && !argv.some((word) => word.includes("\0"))) return;
  throw new UsageError(
    "a command needs at least one word, and no word may contain a NUL",
    "pass the command as an array of words",
  );
}

interface MountPlaces {
  reserve(onLink: OnLink): void;
  /** Changes when another file or directory stands where one of them was. */
  state(): string;
  release(): void;
}

/** The places in the workspace this sandbox mounts over, and the memory of those it had to make. */
function mountPlaces({ policy, mountPoints }: CheckedPolicy): MountPlaces {
  const made = new Set<string>();
  return {
    reserve(onLink) {
      for (const path of reserveMountPoints(policy.workspace, mountPoints, onLink)) made.add(path);
    },
    state: () => mountPointState(policy.workspace, mountPoints),
    release: () => releaseMountPoints([...made]),
  };
}

async function writeSeccomp(scratch: Scratch, policy: SandboxPolicy): Promise<string> {
  const program = seccompProgram(process.arch, policy);
  if (!program) {
    throw new SandboxUnavailable(
      `there is no system-call filter for ${process.arch} yet`,
      "run claw on an x64 or arm64 machine",
    );
  }
  return writePrivately(scratch.host, "seccomp", program);
}

const writableBeside = ({ git, mounts }: SandboxPolicy): string[] => [
  ...(git ? [git.dir] : []),
  ...mounts.flatMap(({ source, writable }) => (writable ? [source] : [])),
];

function degradations(
  ability: Ability,
  { agent, keeper, cgroup, scope, devices }: Omit<Hold, "close"> & { readonly devices: string | null },
): string[] {
  const asRoot = thisUser().uid === 0 && agent === null;
  return [
    ...((cgroup ?? scope) ? [] : ["cgroup"]),
    ...(keeper ? [] : ["end-with-claw"]),
    ...((keeper ? keeper.sealed : ability.disableUserns) ? [] : ["disable-userns"]),
    ...(asRoot ? ["uid-drop"] : []),
    ...(asRoot && !devices ? ["devices"] : []),
  ];
}

/** What is to happen one time only, however often it is asked for. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

/**
 * Runs work in the order it was asked for. A running command could move the directories on the way to a place in the
 * workspace while the next one mounts something there.
 */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
