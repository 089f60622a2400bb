import type { Clock } from "../clock.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { Call } from "../ledger/message.ts";
import type { ConnectedModel, OnDelta } from "../models/model.ts";
import type { Role } from "../policy/roles.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { FinishAnswer, FinishRequest, Tool } from "../tools/tool.ts";
import type { RunLimits } from "../views/spend.ts";

/** Everything a session works with. All it knows of itself is in the log. */
export interface Agent {
  readonly log: RunLog;
  readonly clock: Clock;
  readonly model: ConnectedModel;
  readonly role: Role;
  /** In the order the model is told about them: by name, so that prompts stay byte-identical. */
  readonly tools: readonly Tool[];
  readonly limits: RunLimits;
  /** When the run's time is up, in milliseconds since the epoch: nothing waits past it. */
  readonly deadline: number;
  /** How long a model server that does not work is waited for, in milliseconds; without it as long as the run goes. */
  readonly outageMs?: number;
  /** False only when a run is replayed that was recorded before sessions were shortened. */
  readonly compacts?: boolean;
  readonly sandbox: Sandbox;
  /** claw's own check of the work; called when the model asks to finish. */
  readonly finish: (request: FinishRequest) => Promise<FinishAnswer>;
  /** Keeps what the workspace holds; called while it rests, as a request is on its way. */
  readonly keep?: (() => Promise<void>) | undefined;
  /** What the session must be told of its workspace before it goes on; null when nothing. */
  readonly restored?: string | null;
  /** For the screen only. */
  readonly onDelta?: OnDelta | undefined;
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
  /** A call is about to be made. */
  readonly onCall?: ((call: Call) => void) | undefined;
}
