import type { Agent } from "../../agent/agent.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { ConnectedModel } from "../../models/model.ts";
import type { Role } from "../../policy/roles.ts";
import * as tools from "../../tools/all.ts";
import { restoredNote, workspaceKeeper } from "../snapshots.ts";
import { latest } from "../../views/run.ts";
import type { WorkDesk } from "../workflow.ts";

/** What is known of the model goes on record before its first word; again only when that has changed. */
async function describe(
  log: WorkDesk["log"],
  { info, window = null, capabilities = null }: ConnectedModel,
): Promise<void> {
  if (info.wire === "scripted") return;
  const fact: EventOf<"model.described"> = {
    type: "model.described",
    endpoint: info.endpoint,
    model: info.model,
    window,
    body: capabilities && log.putJson(capabilities),
  };
  const before = latest(log.events, "model.described");
  const same = before && before.window === fact.window && before.body === fact.body && before.model === fact.model;
  if (!same) await log.append(fact);
}

/** An agent in a role: the run's model and limits, and only the tools the role has. */
export async function agentFor(
  desk: WorkDesk,
  role: Role,
  { dir, ...hands }: Pick<Agent, "sandbox" | "finish"> & { readonly dir: string },
): Promise<Agent> {
  const { log, clock, limits, deadline, screen } = desk;
  const model = await desk.model();
  await describe(log, model);
  const kept = { keep: workspaceKeeper(desk, role.kind, dir), restored: restoredNote(log, role.kind) };
  const allowed = Object.values(tools).filter(({ spec }) => role.tools.includes(spec.name));
  return { log, clock, limits, deadline, ...screen, ...hands, ...kept, model, role, tools: allowed };
}
