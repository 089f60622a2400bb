import type { Agent } from "../agent/agent.ts";
import type { SessionPlan } from "../agent/converse.ts";
import type { EventOf } from "../ledger/events.ts";
import type { Lab } from "./search/lab.ts";

/** What an engine may use; each takes what it needs, and only that is made. */
interface Assignment {
  /** The words for a model. */
  readonly session: () => Promise<SessionPlan>;
  /** A model with tools. Its `finish` is claw's own check. */
  readonly agent: () => Promise<Agent>;
  /** The failing tests, the suspects, and places to try changes. Its `submit` is claw's own check. */
  readonly lab: () => Promise<Lab>;
  readonly signal: AbortSignal;
}

/** How an engine's work ended, and what claw or the engine said last. */
export type EngineEnd = Pick<EventOf<"session.ended">, "reason" | "detail">;

/** Who writes a patch. An engine never decides that it is done: claw's own check does. */
export interface Engine {
  readonly name: string;
  patch(assignment: Assignment): Promise<EngineEnd>;
}
