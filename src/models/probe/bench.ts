import type { Clock } from "../../clock.ts";
import type { Message } from "../../ledger/message.ts";
import { connectModel } from "../connect.ts";
import type { Endpoint } from "../endpoint.ts";
import type { ConnectedModel, Reply, ToolSpec } from "../model.ts";
import { ModelError } from "../model-error.ts";
import type { ServerFacts } from "./facts.ts";
import { type Finding, ok, problem } from "./finding.ts";
import { settingOf } from "./named.ts";
import { remedyFor } from "./reach.ts";

/** What a probe works with, and tells. */
export interface ProbeDesk {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is being done, before it is done. */
  readonly onStep: (what: string) => void;
  /** Each line, as soon as it is known. */
  readonly onFinding: (finding: Finding) => void;
  /** The longest that one request may take, in milliseconds. */
  readonly patienceMs: number;
  /** Tokens of context to try; null leaves it to the endpoint: 32,000 on one's own server, nothing where it costs money. */
  readonly context: number | null;
}

/** A connected model, and what is known of it before it says a word. */
export interface Bench {
  readonly endpoint: Endpoint;
  readonly facts: ServerFacts;
  readonly desk: ProbeDesk;
  readonly model: ConnectedModel;
  readonly price: Finding;
  /** Nano-dollars for a million tokens in; null when not known. */
  readonly perMillion: number | null;
  readonly ask: (messages: readonly Message[], options: { tools?: readonly ToolSpec[]; max: number }) => Promise<Reply>;
}

export async function openBench(endpoint: Endpoint, facts: ServerFacts, desk: ProbeDesk): Promise<Bench> {
  const { patienceMs: most, clock, signal } = desk;
  const deadlines = { connectMs: Math.min(5_000, most), firstByteMs: most, idleMs: most, totalMs: 2 * most };
  const model = await connectModel({ ...endpoint, deadlines }, clock);
  const [perMillion, out] = [model.ceiling(1_000_000, 0, clock.now()), model.ceiling(0, 1_000_000, clock.now())];
  const usd = (nano: number): string => `$${Number((nano / 1e9).toFixed(4))}`;
  const known = perMillion !== null && out !== null;
  const remedy = `give it under ${settingOf(endpoint, "price")} in config.yaml`;
  const price =
    known && perMillion + out > 0
      ? ok("price", `up to ${usd(perMillion)} in and ${usd(out)} out, per million tokens`)
      : endpoint.selfHosted
        ? ok("price", "a server of your own: none is counted")
        : problem("price", "not known, so a budget in money cannot be kept", remedy);
  return {
    endpoint,
    facts,
    desk,
    model,
    price,
    perMillion,
    ask: (messages, { tools = [], max }) =>
      model.ask({ session: "probe", messages, tools, maxOutputTokens: max, cacheKey: "claw:probe" }, signal),
  };
}

/** A conversation of one question. */
export const words = (text: string): Message[] => [
  { role: "system", text: "You follow instructions exactly." },
  { role: "user", origin: "task", text },
];

/** The finding of a request that failed; what is no fault of the server is thrown on. */
export function failed(check: string, error: unknown, { endpoint, desk }: Bench): Finding {
  desk.signal.throwIfAborted();
  if (!(error instanceof ModelError)) throw error;
  return problem(check, error.message, remedyFor(error, endpoint));
}

/** Tokens per second over a span; null when it is too short to tell. */
export function perSecond(tokens: number, ms: number): number | null {
  return tokens >= 20 && ms >= 20 ? Number(((tokens * 1000) / ms).toPrecision(3)) : null;
}
