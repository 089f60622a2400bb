import type { Capabilities } from "./capabilities.ts";
import type { EventOf } from "../ledger/events.ts";
import type { AssistantMessage, Message, Usage } from "../ledger/message.ts";
import type { Heard } from "./tape.ts";

/** A tool as a model sees it. `schema` is a closed JSON Schema, emitted once per process so that prompts stay byte-identical. */
export interface ToolSpec {
  readonly name: string;
  readonly about: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** In lark, what its only argument, `input`, is written in: where a wire knows free text, the model sends it as that. */
  readonly grammar?: string;
}

export interface ModelRequest {
  /** The kind of session ("reproduce", "patch", …): the scripted provider answers by it, others ignore it. */
  readonly session: string;
  /** Starts with exactly one system message. Append-only from turn to turn. */
  readonly messages: readonly Message[];
  readonly tools: readonly ToolSpec[];
  readonly maxOutputTokens: number;
  /** Stable for the whole run: routes requests to the same prompt cache. */
  readonly cacheKey: string;
}

export interface Reply {
  readonly message: AssistantMessage;
  readonly stop: "calls" | "end" | "length" | "refusal";
  readonly usage: Usage;
  /** What the server says answered, which may differ from what was asked. */
  readonly servedModel: string;
  readonly servedTier: string | null;
  readonly requestId: string | null;
  readonly firstByteMs: number;
  readonly ms: number;
  /** What went over the wire, for the record; absent where there is none. */
  readonly heard?: Heard;
  /** How long the request waited before it was sent: for its place at a server of one's own, or for the rate that is allowed. */
  readonly queuedMs?: number;
  /** What the limiter allowed when it was sent: requests at once, how many were under way, and how many waited. */
  readonly places?: { readonly limit: number; readonly held: number; readonly queued: number };
}

/** Display only: never stored, never acted upon. */
export type OnDelta = (delta: { kind: "text" | "waiting"; text: string }) => void;

/** A model is one function: request in, complete reply out, or a typed ModelError. Retry and pricing are wrappers and views. */
export type Model = (request: ModelRequest, signal: AbortSignal, onDelta?: OnDelta) => Promise<Reply>;

/** Who answers, and on what terms. Recorded when a run starts. */
interface ModelInfo {
  /** Name of the endpoint in the configuration: "openai", "local", "scripted", … */
  readonly endpoint: string;
  readonly model: string;
  readonly wire: "responses" | "chat" | "anthropic" | "scripted";
  /** On this machine or its network: an unknown price is then no reason to refuse. */
  readonly selfHosted: boolean;
  /** It was trained to change files by patches: it is offered `apply_patch` in place of `edit`. */
  readonly patches?: true;
  /** Host and port; absent where no server is asked. */
  readonly server?: string;
  /** Other names of models whose replies are accepted. */
  readonly alsoServes?: readonly string[];
  /** How it is shown to people: "openai/gpt-5.6-terra", "scripted: examples/slug/session.json (recorded, not a model)". */
  readonly label: string;
  /** Upper bound of one reply, in tokens. */
  readonly maxOutputTokens: number;
}

/** Where a price comes from; amounts in US dollars, per million tokens or per hour. */
type PriceTerms = NonNullable<EventOf<"run.started">["prices"]>["terms"];

export interface ConnectedModel {
  readonly info: ModelInfo;
  /** Tokens one request may have, reply included; null or absent when nobody knows. */
  readonly window?: number | null;
  /** The run went to this model instead of its own, and why. */
  readonly routed?: { readonly from: string; readonly why: string };
  /** What the last probe found out; null or absent without one. */
  readonly capabilities?: Capabilities | null;
  readonly ask: Model;
  /**
   * Integer nano-dollars, or null when the price is not known: never 0 for "unknown". `ms` is how long the request took,
   * `served` the model that answered where that is not the one that was asked.
   */
  price(usage: Usage, at: number, tier: string | null, ms: number, served?: string): number | null;
  /** Upper bound of the next request's cost in nano-dollars, or null when the price is not known. */
  ceiling(inputTokens: number, maxOutputTokens: number, at: number): number | null;
  /** Where the price comes from, for the record. */
  readonly terms?: PriceTerms;
}
