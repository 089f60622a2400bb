import type { ProxyVariables } from "../config.ts";
import { UsageError } from "../errors.ts";
import type { HttpReply } from "./http.ts";
import type { Pace } from "./pace.ts";
import type { Manner } from "./tape.ts";

/** What the owner of an endpoint pays, in US dollars per million tokens. Overrides every price list. */
export interface ConfiguredPrices {
  readonly input: number;
  readonly output: number;
  /** Defaults to `input`. */
  readonly cacheRead?: number;
  /** Defaults to `input`. */
  readonly cacheWrite?: number;
}

/** Service tiers that can be asked for; what they cost is in `service-tiers.ts`. */
export type ServiceTier = "default" | "flex" | "priority" | "fast";

/** An HTTP server that speaks one of the wires, and the model to ask there. */
export interface Endpoint {
  /** Name in the configuration: "openai", "local", … */
  readonly name: string;
  /** Up to and including the version: "https://api.openai.com/v1". */
  readonly baseUrl: string;
  readonly wire: "responses" | "chat" | "anthropic";
  readonly model: string;
  /** Resolved at the moment of use, never kept. */
  readonly key: () => Promise<string | undefined>;
  /** Where a person would look for the key, for hints: "OPENAI_API_KEY". Never the key. */
  readonly keyName?: string;
  /** On this machine or its network. */
  readonly selfHosted: boolean;
  /** Replies with calls are streamed; by default not at a server of one's own, many of which garble such calls. */
  readonly streamTools?: boolean;
  readonly prices?: ConfiguredPrices;
  /** Other names of models whose replies are accepted; see `served.ts`. */
  readonly alsoServes?: readonly string[];
  /** What the owner pays for those, by name. */
  readonly alsoPrices?: Readonly<Record<string, ConfiguredPrices>>;
  /** Whether the model is offered `apply_patch` in place of `edit`; by default where its family was trained on it. */
  readonly applyPatch?: boolean;
  /** The service tier that is asked for; "default" where nothing is said and the provider has tiers. */
  readonly serviceTier?: ServiceTier;
  /** A server that costs US dollars by the hour, and how many requests it serves at once. */
  readonly hourly?: { readonly usd: number; readonly shared: number };
  /** Upper bound of one reply in tokens. Default 16,000, or 8,000 self-hosted. */
  readonly maxOutputTokens?: number;
  /** How this machine reaches others; see `agent.ts`. */
  readonly network?: Network;
  /** Replaces single default deadlines; see `deadline.ts`. */
  readonly deadlines?: Partial<Deadlines>;
  /** How fast it was when it was last tried out. */
  readonly pace?: Pace;
  /** Stands in for the server: a replay's requests go to the record instead. */
  readonly record?: RecordedServer;
}

/** A server as a record knows it. */
interface RecordedServer {
  /** How the request that comes next was sent. */
  manner(): Manner;
  /** Takes a request's body, and gives what came back for it then. */
  send(body: string): Promise<HttpReply>;
}

/** What the environment says about the way to a server. */
export interface Network {
  readonly proxy?: ProxyVariables;
  /** A file of certificates to trust besides those that Node trusts. */
  readonly certificates?: string;
}

/** How long each phase of one request may take, in milliseconds. */
export interface Deadlines {
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** From there until the first byte of the body. Without streaming this covers the whole generation. */
  readonly firstByteMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** A recorded session: a file of replies, answered in order. */
export interface ScriptedSession {
  readonly wire: "scripted";
  readonly file: string;
}

/** Who shall answer: the input of `connectModel`. */
export type ModelChoice = Endpoint | ScriptedSession;

/** Refuses what is no http or https URL. The address itself is not shown: it may hold a password. */
export function checkAddress(baseUrl: string): void {
  const url = URL.parse(baseUrl);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(
      "the model server's address is not an http or https URL",
      "an address looks like http://127.0.0.1:8000/v1",
    );
  }
}
