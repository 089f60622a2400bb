import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SandboxUnavailable } from "../../errors.ts";
import { agentOf, possess, type Possession, thisUser, type UserId } from "../agent-user.ts";
import { checkPolicy, WORKSPACE } from "../check-policy.ts";
import { collectFile } from "../collect.ts";
import { openOutlet, type Outlet } from "../egress/outlet.ts";
import { baseEnvironment, checkedEnvironment } from "../environment.ts";
import { prepareEtc } from "../etc.ts";
import { withFrozenFiles } from "../frozen.ts";
import { releaseMountPoints, reserveMountPoints } from "../mount-points.ts";
import type { ContainerChoice, ExecResult, OnEgress, Sandbox, SandboxHost, SandboxPolicy } from "../sandbox.ts";
import { openScratch, type Scratch, writePrivately } from "../scratch.ts";
import { readSystemRoot } from "../system-root.ts";
import { findToolchains } from "../toolchains.ts";
import { containerArguments, isGvisor } from "./arguments.ts";
import { hasOtherIds, proveContainer } from "./ability.ts";
import { type Client, engineClient } from "./client.ts";
import { podmanProfile } from "./seccomp-profile.ts";

/**
 * One long-lived container for a run, by the same policy as bubblewrap's: commands are executed in it one after the
 * other, what one leaves running is killed, and it is removed by its id, also after a crash. Throws SandboxUnavailable.
 */
export async function openContainer(
  asked: SandboxPolicy,
  host: SandboxHost,
  engine: ContainerChoice,
  onEgress: OnEgress = () => Promise.resolve(),
): Promise<Sandbox> {
  const checked = checkPolicy(asked, host);
  if (asked.unixSockets === false)
    throw new SandboxUnavailable(
      `a container of ${engine.backend} does not keep commands from making Unix sockets`,
      "set sandbox.backend to bubblewrap, or leave unixSockets out of the policy",
    );
  const client = engineClient(engine, host);
  await client.sweep();
  const scratch = await openScratch(host.stateDir, checked.policy.workspace);
  const closing = new AbortController();
  const made = reserveMountPoints(checked.policy.workspace, checked.mountPoints, "refuse");
  const undo: (() => Promise<unknown> | void)[] = [() => scratch.remove(), () => releaseMountPoints(made)];
  const close = async (): Promise<void> => {
    closing.abort();
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const options = { scratch: scratch.host, host, onEgress, onFailure: (error: unknown) => closing.abort(error) };
    const outlet = await openOutlet(checked.policy.network, options);
    if (outlet) undo.push(() => outlet.close());
    const { id, possession } = await start(checked.policy, { host, engine, client, scratch, outlet });
    undo.push(
      () => possession?.end(),
      () => client.remove(id),
    );
    const lacks = await proveContainer(client, { id, engine, limits: checked.policy.limits });
    // Those of gVisor are its own.
    const init = isGvisor(engine) ? null : await client.init(id);
    return sandboxOf({
      client,
      id,
      init,
      degraded: [...lacks, ...(init === null ? ["idle"] : [])],
      policy: checked.policy,
      outlet,
      scratch,
      closing,
      possession,
      hash: checked.hash,
      backend: engine.backend,
      close,
    });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly host: SandboxHost;
  readonly engine: ContainerChoice;
  readonly client: Client;
  readonly scratch: Scratch;
  readonly outlet: Outlet | null;
}

async function start(
  asked: SandboxPolicy,
  { host, engine, client, scratch, outlet }: Parts,
): Promise<{ id: string; possession: Possession | null }> {
  const root = thisUser().uid === 0;
  const user = root ? agentOf(asked.workspace) : null;
  const policy = { ...asked, mounts: await withFrozenFiles(asked, scratch.host) };
  const keepsId = !root && hasOtherIds();
  const inside = user ?? (engine.backend === "docker" ? await dockerUser(client) : null);
  const [etc, toolchains, skeleton] = await Promise.all([
    prepareEtc(host.stateDir, inside ?? (keepsId ? thisUser() : ROOT_INSIDE)),
    findToolchains(
      host,
      asked.mounts.map(({ source }) => join(source, "bin")),
    ),
    makeRoot(scratch.host),
  ]);
  const commandsFiles: [string, ...string[]] = [policy.workspace, ...(policy.git ? [policy.git.dir] : [])];
  const possession = user && (await possess(commandsFiles, user, [scratch.home, scratch.tmp]));
  const env = { ...baseEnvironment(toolchains.path), ...toolchains.env, ...policy.env, ...outlet?.env };
  const name = client.newName();
  const narrowed =
    engine.backend === "podman" && !isGvisor(engine) ? await podmanProfile(policy.ptrace ?? false) : null;
  const id = await client.run(
    containerArguments({
      engine,
      name,
      policy,
      root: skeleton,
      etc,
      env,
      user: inside,
      keepsId,
      system: readSystemRoot().directories,
      home: scratch.home,
      tmp: scratch.tmp,
      toolchains: toolchains.directories,
      seccomp: narrowed && (await writePrivately(scratch.host, "seccomp.json", narrowed)),
      egress: shownEgress(outlet),
    }),
  );
  return { id, possession };
}

/** Who an ordinary user without further ids is in a container of their own: that user alone, by another number. */
const ROOT_INSIDE = { uid: 0, gid: 0 };

/** Whom an ordinary user's docker has to be told of: its own choice would be root of the machine, or the image's. */
const dockerUser = async (client: Client): Promise<UserId> => ((await client.isRootless()) ? ROOT_INSIDE : thisUser());

/** A root with nothing in it but where things are mounted; the engine makes the rest of the mount points. */
async function makeRoot(scratch: string): Promise<string> {
  const root = join(scratch, "root");
  const { directories, links } = readSystemRoot();
  for (const path of [
    ...directories,
    "/etc",
    "/proc",
    "/sys",
    "/dev",
    "/tmp",
    "/home/agent",
    "/run",
    "/var",
    WORKSPACE,
  ])
    await mkdir(join(root, path), { recursive: true, mode: 0o755 });
  for (const { path, to } of links) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink(to, join(root, path));
  }
  await symlink("/tmp", join(root, "var/tmp"));
  await chmod(root, 0o755);
  return root;
}

/** bubblewrap's options for the proxy, as mounts. */
function shownEgress(outlet: Outlet | null): { source: string; target: string }[] {
  const words = outlet?.mounts ?? [];
  return words.flatMap((word, index) =>
    word === "--ro-bind" ? [{ source: words[index + 1] ?? "", target: words[index + 2] ?? "" }] : [],
  );
}

interface Opened {
  readonly client: Client;
  readonly id: string;
  /** Null: what its processes do cannot be seen. */
  readonly init: number | null;
  readonly degraded: readonly string[];
  readonly policy: SandboxPolicy;
  readonly outlet: Outlet | null;
  readonly scratch: Scratch;
  readonly closing: AbortController;
  readonly possession: Possession | null;
  readonly hash: string;
  readonly backend: Sandbox["backend"];
  readonly close: () => Promise<void>;
}

function sandboxOf({
  client,
  id,
  init,
  degraded,
  policy,
  outlet,
  scratch,
  closing,
  possession,
  hash,
  backend,
  close,
}: Opened): Sandbox {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
  const beside = policy.mounts.flatMap(({ source, writable }) => (writable ? [source] : []));
  const own = [...(policy.git ? [policy.git.dir] : []), ...beside, scratch.home, scratch.tmp];
  const directories: [string, ...string[]] = [policy.workspace, ...own];
  return {
    exec: (argv, options = {}): Promise<ExecResult> =>
      inTurn(async () => {
        closing.signal.throwIfAborted();
        const signals = [closing.signal, ...(options.signal ? [options.signal] : [])];
        return client.exec(id, [...(outlet?.prefix ?? []), ...argv], {
          ...options,
          env: checkedEnvironment(options.env ?? {}),
          limits: policy.limits,
          directories,
          init,
          signal: AbortSignal.any(signals),
        });
      }),
    handOver: async () => possession?.renew(),
    collect: (path, maxBytes) => collectFile(scratch.tmp, path, maxBytes),
    backend,
    policyHash: hash,
    degraded,
    close: async () => {
      closing.abort();
      await last;
      await close();
    },
  };
}
