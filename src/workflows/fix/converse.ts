import { drive } from "../../agent/loop.ts";
import { fillPrompt, loadPrompt } from "../../agent/prompt.ts";
import type { EventOf } from "../../ledger/events.ts";
import type { Role } from "../../policy/roles.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import type { FinishAnswer, FinishRequest } from "../../tools/tool.ts";
import * as tools from "../../tools/all.ts";
import type { WorkDesk } from "../workflow.ts";

export interface Conversation {
  readonly id: string;
  readonly role: Role;
  readonly slots: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox;
  readonly finish: (request: FinishRequest) => Promise<FinishAnswer>;
}

/** One session from its prompt to its end. */
export async function converse(desk: WorkDesk, { id, role, slots, sandbox, finish }: Conversation): Promise<EventOf<"session.ended">> {
  const [system, task, model] = await Promise.all([loadPrompt("system"), loadPrompt(role.prompt), desk.model()]);
  const opening = { kind: role.kind, prompt: task.sha, system: system.text, task: fillPrompt(task, slots) };
  const hands = Object.values(tools).filter(({ spec }) => role.tools.includes(spec.name));
  return drive(id, opening, { ...desk, ...desk.screen, model, role, tools: hands, sandbox, finish }, desk.signal);
}
