import { existsSync, lstatSync, realpathSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join, relative } from "node:path";
import { SandboxUnavailable } from "../../errors.ts";
import { waysToHidden } from "../arguments.ts";
import { isInside, WORKSPACE } from "../check-policy.ts";
import { ownedName } from "../../ledger/owned-name.ts";
import { type LoopbackOutlet, openLoopbackOutlet } from "../egress/outlet.ts";
import type { OnEgress, Sandbox, SandboxHost, SandboxPolicy } from "../sandbox.ts";
import { seatbeltArguments, type SeatbeltLayout, seatbeltLacks } from "../seatbelt.ts";
import { type Confinement, openOnHost } from "./open.ts";

const PROGRAM = "/usr/bin/sandbox-exec";
const containers = "use a container: sandbox: { backend: podman } in config.yaml";

interface Way {
  readonly onEgress?: OnEgress | undefined;
  /** Stands in for the system's own in tests. */
  readonly program?: string;
}

/**
 * The sandbox of macOS, once it has shown that it holds. Declared hosts are reached through a port of loopback that is this
 * sandbox's own, with a password, since loopback is everybody's there. Throws SandboxUnavailable.
 */
export async function openSeatbelt(
  policy: SandboxPolicy,
  host: SandboxHost,
  { onEgress = () => Promise.resolve(), program = PROGRAM }: Way = {},
): Promise<Sandbox> {
  if (!existsSync(program)) throw new SandboxUnavailable(`there is no ${program}`, containers);
  let failure: unknown;
  let box: Sandbox | undefined;
  const onFailure = (error: unknown): void => void ((failure = error), box?.close());
  const outlet = await openLoopbackOutlet(policy.network, { host, onEgress, onFailure });
  try {
    box = withOutlet(await openOnHost(policy, host, seatbelt(program), outlet), outlet);
    const misses = await escapes(box, host);
    if (misses.length === 0 && failure === undefined) return box;
    throw new SandboxUnavailable(
      `the sandbox does not hold on this machine: ${misses.join(", ")}`,
      containers,
      failure,
    );
  } catch (error) {
    await (box ?? outlet)?.close();
    throw error;
  }
}

const withOutlet = (box: Sandbox, outlet: LoopbackOutlet | null): Sandbox => ({
  ...box,
  async close() {
    await box.close();
    await outlet?.close();
  },
});

const seatbelt = (program: string): Confinement => ({
  backend: "seatbelt",
  lacks: seatbeltLacks,
  confined: ({ argv, env, cwd }, { policy, home, tmp, toolchains, proxyPort }) => {
    const layout = { policy, workspace: policy.workspace, home: realpathSync(home), tmp: realpathSync(tmp) };
    const { directories } = toolchains;
    const whole = { ...layout, ...coveredFiles(policy), toolchains: directories, proxyPort, env, program };
    return { argv: seatbeltArguments(whole, argv), env: {}, cwd };
  },
});

/** Files of the workspace that a mount would lie over: their own copies, or something else in their place. */
function coveredFiles({
  workspace,
  mounts,
}: SandboxPolicy): Required<Pick<SeatbeltLayout, "hidden" | "frozen" | "ways">> {
  const files = mounts.flatMap(({ source, target }) => {
    const path = join(workspace, relative(WORKSPACE, target));
    return isInside(target, WORKSPACE) && lstatSync(path, { throwIfNoEntry: false })?.isFile()
      ? [{ path, source }]
      : [];
  });
  const paths = (own: boolean): string[] =>
    files.flatMap(({ path, source }) => ((path === source) === own ? [path] : []));
  const ways = waysToHidden(mounts).map((path) => workspace + path);
  return { hidden: paths(false), frozen: paths(true), ways };
}

/** What a command can do that none may. */
async function escapes(box: Sandbox, host: SandboxHost): Promise<string[]> {
  const directory = await mkdtemp(join(host.stateDir, ownedName("examination-")));
  const listener = createServer((socket) => socket.destroy());
  try {
    await writeFile(join(directory, "canary"), "secret\n");
    // Spelt so that it is not taken for one of the sandbox's own names.
    const there = `/""${directory.slice(1)}`;
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", () => resolve()));
    const attempts = {
      "a command can read a file of the host": `cat ${there}/canary`,
      "a command can write to the host": `: > ${there}/written`,
      "a command can reach the host's network": `exec 3<>/dev/tcp/127.0.0.1/${(listener.address() as AddressInfo).port}`,
      "a command can signal claw": `kill -0 ${process.pid}`,
    };
    const tried = Object.entries(attempts).map(([what, how]) => `(${how}) >/dev/null 2>&1 && echo "${what}"`);
    const { exitCode, stdout, stderr } = await box.exec(["/bin/bash", "-c", `${tried.join("\n")}\necho tried`]);
    const lines = stdout.toString("utf8").trim().split("\n");
    return exitCode === 0 && lines.at(-1) === "tried"
      ? lines.slice(0, -1)
      : [`it runs nothing (${stderr.toString("utf8").trim()})`];
  } finally {
    listener.close();
    await rm(directory, { recursive: true, force: true });
  }
}
