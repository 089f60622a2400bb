import { UsageError } from "../errors.ts";
import { grants, hostRuleText, readHostRules } from "../policy/host-rules.ts";
import { sessionHosts } from "../policy/network.ts";
import { readRoleFile, type RoleFile } from "../policy/role-file.ts";
import { narrowedTools, type Role, roles } from "../policy/roles.ts";
import { offeredPolicy } from "./room-policy.ts";
import type { RoomPlan } from "./sandboxes.ts";
import type { WorkDesk } from "./workflow.ts";

type Desk = Pick<WorkDesk, "clone" | "log" | "manifest" | "network" | "policies">;

/** A role as the repository's role file narrows it. The file is read from the base commit. Throws UsageError. */
export async function roleFor(desk: Desk, role: Role): Promise<Role> {
  const path = desk.manifest.roles[role.kind];
  if (path === undefined) return role;
  const text = (await desk.clone.read(desk.clone.base.tree, path))?.toString("utf8");
  if (text === undefined)
    throw new UsageError(
      `claw.yaml names ${path} for the role ${role.kind}, and there is no such file at ${desk.clone.base.commit.slice(0, 12)}`,
      "commit it, or take the line out",
    );
  const file = readRoleFile(text, path);
  refuseUngrantedServers(file, path, desk);
  return { ...role, tools: narrowedTools(role.tools, file), bounds: { ...file, path, sha: desk.log.put(text) } };
}

/**
 * Refuses to ask a role without a shell how the tests are run: whatever command it names when it finishes is run. Throws
 * UsageError.
 */
export async function checkMayPropose(desk: Desk): Promise<void> {
  const { tools, bounds } = await roleFor(desk, roles.propose);
  if (tools.includes("bash")) return;
  throw new UsageError(
    `how the tests are run is not known, and ${bounds?.path ?? "the role propose"} lets the session that finds out run no command`,
    'say how tests are run: --test-command "…", or allow exec there',
  );
}

/** Mistakes in role files end a run before it begins its work. */
export async function checkRoles(desk: Desk): Promise<void> {
  for (const role of Object.values(roles)) await roleRoom(desk, role);
}

/** A repository does not choose by itself whom claw talks to. */
function refuseUngrantedServers({ served }: RoleFile, path: string, { network }: Desk): void {
  const granted = (network.tools ?? []).map((origin) => new URL(origin).origin);
  const refused = served.find(({ endpoint }) => !granted.includes(new URL(endpoint).origin));
  if (!refused) return;
  const { origin } = new URL(refused.endpoint);
  throw new UsageError(
    `${path} has the tool ${refused.name} at ${origin}, and your config.yaml does not grant it`,
    `grant it there: network: { tools: ["${origin}"] }`,
  );
}

/** What a role file says about the sandbox of its session: it can only narrow. */
export async function roleRoom(desk: Desk, role: Role): Promise<Pick<RoomPlan, "hosts" | "workspaceMode" | "policy">> {
  const { bounds } = await roleFor(desk, role);
  if (!bounds) return {};
  const declared = sessionHosts(desk.manifest, desk.network);
  const wanted = readHostRules(bounds.externalNetwork === false ? [] : (bounds.hosts ?? declared));
  const beyond = wanted.find((rule) => !grants(readHostRules(declared), rule));
  if (beyond)
    throw new UsageError(
      `${bounds.path} wants ${hostRuleText(beyond)}, which network.hosts of claw.yaml does not declare`,
      "declare it there, or take it out",
    );
  if (bounds.policy !== null) await offeredPolicy(bounds.policy, desk.policies, bounds.path);
  return {
    hosts: wanted.map(hostRuleText),
    ...(bounds.workspace && { workspaceMode: bounds.workspace }),
    ...(bounds.policy !== null && { policy: bounds.policy }),
  };
}
