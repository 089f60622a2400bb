import { lstat, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { WorkspaceError } from "../errors.ts";
import type { DependencySource } from "../repo/dependencies.ts";
import { findInstalled } from "../repo/installed.ts";
import { removeTree } from "../sandbox/remove-tree.ts";
import { installHosts } from "../policy/network.ts";
import { type DependencyPlan, dependencyFilesToRead, dependencyPlan } from "../suite/packages.ts";
import { matchesLock } from "../suite/installed-match.ts";
import { keepEnds } from "../text.ts";
import { openRoom } from "./sandboxes.ts";
import type { WorkDesk } from "./workflow.ts";

/** Installing may take longer than a test run. */
const INSTALL_MS = 900_000;

/**
 * The packages that tests need: those of the user's tree when they match the lockfile, otherwise installed from the
 * lockfile in a sandbox of its own that reaches the registry and nothing else. How it was done is on record.
 */
export async function prepareDependencies(desk: WorkDesk): Promise<DependencySource[]> {
  const startedAt = desk.clock.now();
  const plan = await planDependencies(desk);
  const record = (how: "none" | "reused" | "installed", why: string): Promise<unknown> =>
    desk.log.append({
      type: "dependencies.prepared",
      how,
      manager: plan.manager,
      command: how === "installed" ? plan.install.join(" ") : null,
      why,
      ms: desk.clock.now() - startedAt,
    });
  if (plan.manager === null || !plan.needsInstall) {
    await record("none", plan.manager === null ? "no dependencies are declared" : "nothing has to be installed");
    return [];
  }
  const own = await reusable(desk, plan);
  if ("sources" in own) {
    await record("reused", own.why);
    return own.sources;
  }
  const sources = await install(desk, plan, own.why);
  await record("installed", own.why);
  return sources;
}

/** How the packages of the base would be had, without doing anything. */
export async function planDependencies({ clone }: Pick<WorkDesk, "clone">): Promise<DependencyPlan> {
  const files = (await clone.list(clone.base.tree)).map(({ path }) => path);
  const texts = new Map<string, string | undefined>();
  for (const path of dependencyFilesToRead(files))
    texts.set(path, (await clone.read(clone.base.tree, path))?.toString("utf8"));
  return dependencyPlan({ files, read: (path) => texts.get(path) });
}

type Reusable = { readonly why: string; readonly sources: DependencySource[] } | { readonly why: string };

/** May what is installed in the user's tree stand in? */
export async function reusable(
  { clone, repository }: Pick<WorkDesk, "clone" | "repository">,
  plan: DependencyPlan,
): Promise<Reusable> {
  const found = await findInstalled(repository.root, plan.installedDirs);
  const [main] = found;
  if (!main) return { why: `${plan.installedDirs[0] ?? "packages"} is not installed in the working tree` };
  const lock =
    plan.lockfile === null ? null : ((await clone.read(clone.base.tree, plan.lockfile))?.toString("utf8") ?? null);
  const match = matchesLock(plan, lock, main);
  return match.ok ? { why: match.why, sources: found.map(({ dir, source }) => ({ dir, source })) } : { why: match.why };
}

async function install(desk: WorkDesk, plan: DependencyPlan, whyNeeded: string): Promise<DependencySource[]> {
  const dir = join(desk.dir, "dependencies");
  const making = join(desk.dir, "dependencies.new");
  const done = await lstat(dir).catch(() => null);
  if (!done) {
    const argv = desk.manifest.setup.installScripts
      ? plan.install.filter((word) => word !== "--ignore-scripts")
      : plan.install;
    const hosts = installHosts(desk.manifest, plan.manager ?? "", desk.network);
    await consent(desk, argv.join(" "), { whyNeeded, hosts });
    await removeTree(making);
    await mkdir(making, { recursive: true, mode: 0o700 });
    await desk.clone.checkout(desk.clone.base.tree, making);
    await runInstall(desk, argv, { dir: making, whyNeeded, hosts });
    await rename(making, dir);
  }
  const found = await findInstalled(dir, plan.installedDirs);
  return found.map(({ dir: name, source }) => ({ dir: name, source }));
}

interface InstallNeed {
  /** Why the working tree's packages cannot be used. */
  readonly whyNeeded: string;
  /** What may be reached. */
  readonly hosts: readonly string[];
}

/** Network is nothing to take silently where somebody can be asked. */
async function consent(desk: WorkDesk, install: string, { whyNeeded, hosts }: InstallNeed): Promise<void> {
  const question = `The packages that the tests need are not usable here (${whyNeeded}).\nRun ${install} in a sandbox that reaches ${hosts.join(" and ") || "no host"}?`;
  if ((await desk.screen.confirm?.(question, desk.signal)) ?? true) return;
  throw new WorkspaceError(
    `the working tree's packages cannot be used (${whyNeeded}), and ${install} was declined`,
    "make the working tree's packages match the lockfile, or let claw install them",
  );
}

async function runInstall(
  desk: WorkDesk,
  argv: readonly string[],
  { dir, whyNeeded, hosts }: InstallNeed & { readonly dir: string },
): Promise<void> {
  const room = await openRoom(desk, {
    purpose: "install",
    dir,
    tree: desk.clone.base.tree,
    dependencies: [],
    hosts,
    limits: { wallMs: INSTALL_MS },
  });
  try {
    const { onOutput } = desk.screen;
    const result = await room.sandbox.exec(argv, { merge: true, signal: desk.signal, ...(onOutput && { onOutput }) });
    if (result.exitCode === 0) return;
    const output = keepEnds(result.stdout.toString("utf8").trim(), 600);
    refuseUndeclared(desk, argv.join(" "));
    throw new WorkspaceError(
      `the working tree's packages cannot be used (${whyNeeded}), and ${argv.join(" ")} ended with ${result.exitCode}: ${output}`,
      "make the working tree's packages match the lockfile, or mend the lockfile",
    );
  } finally {
    await room.close();
  }
}

/** An installation that was kept from a host needs that host, not another look at its output. */
function refuseUndeclared({ log }: WorkDesk, install: string): void {
  const denied = log.events.flatMap((event) =>
    event.type === "egress.judged" && event.purpose === "install" && event.verdict === "deny" ? [event] : [],
  );
  const [first] = denied;
  if (!first) return;
  const hosts = [...new Set(denied.map(({ host, port }) => `${host}:${port}`))];
  throw new WorkspaceError(
    `${install} asked for ${hosts.slice(0, 5).join(", ")} and was refused: ${first.rule}`,
    "declare it in setup.hosts of claw.yaml and grant it in network.install of your config.yaml (one of your own network in network.private, too)",
  );
}
