import type { Agent } from "../agent/agent.ts";
import type { SessionPlan } from "../agent/converse.ts";
import type { EventOf } from "../ledger/events.ts";

/** Who writes a patch. An engine never decides that it is done: the agent's `finish`, which is claw's own check, does. */
export interface Engine {
  readonly name: string;
  patch(task: SessionPlan, agent: Agent, signal: AbortSignal): Promise<EventOf<"session.ended">>;
}
