import type { Agent } from "../../agent/agent.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { ConnectedModel } from "../../models/model.ts";
import { sessionHosts } from "../../policy/network.ts";
import type { Role } from "../../policy/roles.ts";
import { UsageError } from "../../errors.ts";
import { offeredTools } from "../../tools/offered.ts";
import { servedTool } from "../../tools/served.ts";
import { roleFor, roleRoom } from "../role-for.ts";
import { restoredNote, workspaceKeeper } from "../snapshots.ts";
import { latest } from "../../views/run.ts";
import { tierNow } from "../../views/tiers.ts";
import type { WorkDesk } from "../workflow.ts";

/** What is known of the model goes on record before its first word; again only when that has changed. */
export async function describe(
  log: WorkDesk["log"],
  { info, window = null, capabilities = null, routed }: ConnectedModel,
): Promise<void> {
  if (info.wire === "scripted") return;
  const fact: EventOf<"model.described"> = {
    type: "model.described",
    endpoint: info.endpoint,
    model: info.model,
    wire: info.wire,
    ...(info.server !== undefined && { server: info.server }),
    selfHosted: info.selfHosted,
    maxOutputTokens: info.maxOutputTokens,
    window,
    body: capabilities && log.putJson(capabilities),
    ...(routed && { routed }),
  };
  const before = latest(log.events, "model.described");
  const parts = ["endpoint", "model", "server", "maxOutputTokens", "window", "body"] as const;
  if (!before || parts.some((part) => before[part] !== fact[part])) await log.append(fact);
}

/** A role file says which model its sessions are held with; it does not choose where that is asked. */
function refuseOtherModel({ bounds }: Role, { info }: ConnectedModel): void {
  if (!bounds || bounds.model === null || [info.model, info.label].includes(bounds.model)) return;
  throw new UsageError(
    `${bounds.path} is written for the model ${bounds.model}, and the run has ${info.label}`,
    `start it with --model <endpoint>/${bounds.model}, or change the file`,
  );
}

/** The longest wait for a server within one request; `escalate.ts` decides whether it is lost. */
const OUTAGE_MS = 30_000;

/** An agent in a role: the run's model and limits, and only the tools the role has. */
export async function agentFor(
  desk: WorkDesk,
  asked: Role,
  {
    dir,
    session = asked.kind,
    ...hands
  }: Pick<Agent, "sandbox" | "finish"> & { readonly dir: string; readonly session?: string },
): Promise<Agent> {
  const { log, clock, limits, deadline, screen } = desk;
  const role = await roleFor(desk, asked);
  const model = await desk.model();
  refuseOtherModel(role, model);
  await describe(log, model);
  const kept = { keep: workspaceKeeper(desk, session, dir), restored: restoredNote(log, session) };
  const externalNetwork = role.bounds?.externalNetwork ?? true;
  const served = (role.bounds?.served ?? []).map((each) => servedTool(each, { externalNetwork }));
  const { hosts = sessionHosts(desk.manifest, desk.network) } = await roleRoom(desk, asked);
  const own = offeredTools(role, { patches: model.info.patches ?? false, hosts });
  const allowed = [...own, ...served].toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  // Where another model comes next, one that is lost is not waited for to the end of the run.
  const outage = tierNow(log.events).next === null ? {} : { outageMs: OUTAGE_MS };
  return { log, clock, limits, deadline, ...outage, ...screen, ...hands, ...kept, model, role, tools: allowed };
}
