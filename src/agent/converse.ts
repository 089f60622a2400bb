import type { EventOf } from "../ledger/events.ts";
import type { Agent } from "./agent.ts";
import { drive } from "./loop.ts";
import { fillPrompt, loadPrompt } from "./prompt.ts";

/** A session to be held: its id, unique within the run, and what its prompt is told. */
export interface SessionPlan {
  readonly id: string;
  readonly slots: Readonly<Record<string, string>>;
}

/** Holds one session from its prompt to its end, or goes on with one that was interrupted. */
export async function converse(
  plan: SessionPlan,
  agent: Agent,
  signal: AbortSignal,
): Promise<EventOf<"session.ended">> {
  const [system, task] = await Promise.all([loadPrompt("system"), loadPrompt(agent.role.prompt)]);
  const opening = { kind: agent.role.kind, prompt: task.sha, system: system.text, task: fillPrompt(task, plan.slots) };
  return drive(plan.id, opening, agent, signal);
}
