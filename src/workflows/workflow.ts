import type { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Outcome } from "../errors.ts";
import type { Forge, Place } from "../forge/forge.ts";
import type { RunLog } from "../ledger/ledger.ts";
import type { Call } from "../ledger/message.ts";
import type { ConnectedModel, OnDelta } from "../models/model.ts";
import type { Manifest } from "../policy/manifest.ts";
import type { PublishAuthority } from "../policy/publish.ts";
import type { Clone } from "../repo/clone.ts";
import type { Repository } from "../repo/repository.ts";
import type { Signing } from "../repo/sign.ts";
import type { OnEgress, Sandbox, SandboxPolicy } from "../sandbox/sandbox.ts";
import type { Children } from "./flow/children.ts";
import type { Person } from "./chat/person.ts";
import type { PolicySource } from "./room-policy.ts";
import type { NetworkGrants } from "../policy/network.ts";
import type { RunLimits } from "../views/spend.ts";

/** What a workflow works with. It keeps nothing of its own: what it knows is in the log. */
export interface WorkDesk {
  readonly log: RunLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly repository: Repository;
  readonly clone: Clone;
  readonly manifest: Manifest;
  readonly limits: RunLimits;
  /** When the run's time is up, in milliseconds since the epoch. */
  readonly deadline: number;
  /** How long the run waits for a person's decision, in milliseconds. */
  readonly waitMs: number;
  /** The run's private directory: workspaces, checkouts, reports. */
  readonly dir: string;
  /** Connects on first use: a run that ends before needs no key. */
  model(): Promise<ConnectedModel>;
  /** Another model than the run began with; rejects where its price, or the way to it, does not allow that. */
  connect(choice: string): Promise<ConnectedModel>;
  /** False for a run that was started without a model. */
  readonly hasModel: boolean;
  openSandbox(policy: SandboxPolicy, onEgress?: OnEgress): Promise<Sandbox>;
  /** What the user lets repositories declare, and what this one does. */
  readonly network: NetworkGrants;
  /** The user's sandbox policies, some of which a repository may name. */
  readonly policies: PolicySource;
  /** What the user's configuration lets out of the machine. */
  readonly authority: PublishAuthority;
  /** Signs the commits of fixes, where the user's configuration says so. */
  readonly signing?: Signing | undefined;
  /** Looks a token up and opens the forge of a place. */
  forge(place: Place): Promise<Forge>;
  /** Other runs for this one to begin; undefined where nobody has the means to. */
  children(): Promise<Children> | undefined;
  readonly screen: Screen;
}

/** The people watching. What they see is never stored. */
export interface Screen {
  readonly onDelta?: OnDelta | undefined;
  readonly onOutput?: ((chunk: Buffer) => void) | undefined;
  /**
   * Asks the person in front of the terminal; without one the answer is yes. `patch` is what will be written, in git's unified
   * format, for who wants to see it first.
   */
  readonly confirm?: ((question: string, signal: AbortSignal, patch?: string) => Promise<boolean>) | undefined;
  /** A call is about to be made. */
  readonly onCall?: ((call: Call) => void) | undefined;
  /** Who a session is held with. */
  readonly person?: Person | undefined;
}

/** How a run ended: data, not an error. */
export interface RunEnd {
  readonly outcome: Outcome;
  /** One sentence: what happened. */
  readonly reason: string;
  /** What to do next; empty when nothing is left to do. */
  readonly hint: string;
  /** What a waiting run asks a person about, and until when. */
  readonly diff?: string;
  readonly expires?: number;
  /** Until when it is of no use to go on with it. */
  readonly after?: number;
  /** It can go on, although nothing is in its way: a session that a person left. */
  readonly pauses?: true;
}

/** A named, durable sequence of stages. Starting and resuming are the same call. */
export interface Workflow<Input extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly about: string;
  readonly input: Input;
  run(input: z.infer<Input>, desk: WorkDesk): Promise<RunEnd>;
}

/** Ties a workflow's input schema to the type its story takes. */
export const workflow = <Input extends z.ZodType>(definition: Workflow<Input>): Workflow<Input> => definition;
