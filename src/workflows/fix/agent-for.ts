import type { Agent } from "../../agent/agent.ts";
import type { Role } from "../../policy/roles.ts";
import * as tools from "../../tools/all.ts";
import type { WorkDesk } from "../workflow.ts";

/** An agent in a role: the run's model and limits, and only the tools the role has. */
export async function agentFor(desk: WorkDesk, role: Role, hands: Pick<Agent, "sandbox" | "finish">): Promise<Agent> {
  const { log, clock, limits, deadline, screen } = desk;
  const allowed = Object.values(tools).filter(({ spec }) => role.tools.includes(spec.name));
  return { log, clock, limits, deadline, ...screen, ...hands, model: await desk.model(), role, tools: allowed };
}
