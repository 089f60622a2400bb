import type { Clock } from "../clock.ts";
import { deadlinesFor } from "./deadline.ts";
import type { Endpoint } from "./endpoint.ts";
import { openLine, since, type Answer, type Line } from "./line.ts";
import type { ConnectedModel, Model, ModelRequest, OnDelta, Reply } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { learnPace, type Pace, unknownPace } from "./pace.ts";
import { withoutFreeText, writesPatches } from "./patches.ts";
import { pricingFor } from "./price.ts";
import { atTier, MOST_FULL, noRoom } from "./service-tier.ts";
import { blankTape, heardOn, type Manner } from "./tape.ts";
import { readsText, settleReply, type RawReply } from "./settle.ts";
import { asText } from "./text-protocol.ts";
import { estimateTokens, estimateUsage } from "./usage.ts";

/** What differs between the wires. */
export interface Dialect {
  /** Below the base URL. */
  readonly path: string;
  /** The request body: a pure function, keys in fixed order, the history last, so that turn n is a prefix of turn n+1. */
  body(request: ModelRequest, endpoint: Endpoint, streaming: boolean): Record<string, unknown>;
  /** Reads frames to the wire's own mark of completion; anything less is a ModelError. */
  read(frames: AsyncIterable<unknown>, endpoint: Endpoint, onDelta: OnDelta): Promise<RawReply>;
}

/** Connects an endpoint that speaks a wire. */
export async function connectWire(endpoint: Endpoint, dialect: Dialect, clock: Clock): Promise<ConnectedModel> {
  const line = openLine(endpoint, clock);
  const pricing = await pricingFor(endpoint);
  const info = {
    endpoint: endpoint.name,
    model: endpoint.model,
    wire: endpoint.wire,
    selfHosted: endpoint.selfHosted,
    ...(writesPatches(endpoint) && { patches: true as const }),
    server: new URL(endpoint.baseUrl).host,
    ...(endpoint.alsoServes && { alsoServes: endpoint.alsoServes }),
    label: `${endpoint.name}/${endpoint.model}`,
    maxOutputTokens: endpoint.maxOutputTokens ?? (endpoint.selfHosted ? 8_000 : 16_000),
  };
  return { info, ask: askOver(line, dialect, endpoint, clock), ...pricing };
}

const streamFaults: ReadonlySet<string> = new Set(["stream_truncated", "stream_malformed", "timeout_idle"]);
const unbilled: ReadonlySet<string> = new Set([
  "auth",
  "quota",
  "rate",
  "tier_full",
  "overloaded",
  "unreachable",
  "untrusted",
  "timeout_connect",
  "not_an_api",
  "redirected",
  "context_overflow",
  "bad_history",
  "unsupported_param",
  "bad_request",
]);

/** How often one request may be sent again without a parameter the server does not know. */
const maxStripped = 3;

/** What the record calls tools of free text, where they were offered as functions instead, and tools told of in words. */
const freeText = "tools.custom";
const allTools = "tools";
/** So many failures of a server to read its own model's calls end its part in them. */
const MOST_GARBLED = 3;

/** What a connection learns from failures. */
interface Learned {
  /** The server breaks on its model's calls: they are written and read as text. */
  textCalls: boolean;
  /** The server knows no tools of free text. */
  plainTools: boolean;
  /** Parameters that the server does not know. */
  readonly stripped: Set<string>;
  /** The longest reply that the model can give, in tokens. */
  mostTokens: number;
  /** The next request goes without a stream. */
  avoidStream: boolean;
  /** How often in a row the server could not read the model's call: the next try is a little less sure of itself. */
  garbled: number;
  /** How often the service tier that was asked for had no room. */
  full: number;
  /** How fast the server works. */
  pace: Pace;
}

/** Asks until the server has no parameter left to object to; everything else that goes wrong is the caller's to repeat. */
function askOver(line: Line, dialect: Dialect, endpoint: Endpoint, clock: Clock): Model {
  const learned: Learned = {
    textCalls: false,
    plainTools: false,
    stripped: new Set(),
    mostTokens: Infinity,
    avoidStream: false,
    garbled: 0,
    full: 0,
    pace: endpoint.pace ?? unknownPace,
  };
  return async (request, signal, onDelta = () => undefined) => {
    for (let attempt = 0; ; attempt += 1) {
      const manner = endpoint.record?.manner() ?? mannerFor(request, endpoint, learned);
      const streaming = manner.streamed;
      const maxOutputTokens = manner.mostTokens ?? request.maxOutputTokens;
      const asked = formOf(request, manner);
      const asking = atTier(endpoint, manner.serviceTier);
      const body = bodyOf(dialect.body({ ...asked, maxOutputTokens }, asking, streaming), manner);
      const sent = { body, path: dialect.path, ...manner };
      const started = clock.now();
      const tape = blankTape();
      const heard = (read?: { fingerprint: string | null | undefined; said: unknown }) =>
        heardOn(tape, { ...sent, ms: since(clock, started) }, read);
      let answer: Answer | undefined;
      try {
        onDelta({ kind: "waiting", text: endpoint.model });
        const inputTokens = estimateTokens(Buffer.byteLength(body));
        const limits = deadlinesFor(endpoint, { streaming, inputTokens, maxOutputTokens, pace: learned.pace });
        answer = await line.ask({ path: dialect.path, body, signal, streaming, limits, tape });
        const raw = await dialect.read(answer.frames, endpoint, onDelta);
        learned.avoidStream = false;
        learned.garbled = 0;
        const settled = { ...settleReply(raw, request, endpoint), ...measured(raw, body, answer) };
        const ms = since(clock, started);
        learned.pace = learnPace(learned.pace, { ...settled, ms, streamed: streaming });
        return {
          ...settled,
          ms,
          heard: heard({ fingerprint: raw.fingerprint, said: settled.message }),
        };
      } catch (thrown) {
        const failure = thrown instanceof RangeError ? tooDeep(endpoint) : thrown;
        if (!(failure instanceof ModelError)) throw failure;
        const error = noRoom(failure, endpoint, manner);
        const seen = { streaming, readable: readsText(endpoint) };
        if (!endpoint.record && attempt < maxStripped && learn(error, learned, seen) === "again") continue;
        if (!unbilled.has(error.kind))
          error.usage ??= estimateUsage(estimateTokens(Buffer.byteLength(body)), answer?.frameCount() ?? 0);
        error.heard = heard();
        throw error;
      }
    }
  };
}

/** The engine's stack, not claw, says how deep a value may be nested that is read or written as JSON. */
const tooDeep = (where: Endpoint): ModelError =>
  new ModelError("stream_malformed", `${where.name} sent a reply that is nested too deeply to be read`, { where });

/** Notes what a failure teaches. "again": the request can be sent at once, without what was in the way. */
function learn(
  error: ModelError,
  learned: Learned,
  { streaming, readable }: { readonly streaming: boolean; readonly readable: boolean },
): "again" | "later" {
  const { kind, param, mostTokens, functionsOnly } = error;
  if (functionsOnly && !learned.plainTools) {
    learned.plainTools = true;
    return "again";
  }
  if (mostTokens !== undefined && mostTokens < learned.mostTokens) {
    learned.mostTokens = mostTokens;
    return "again";
  }
  if (param !== undefined && !learned.stripped.has(param) && droppable(param)) {
    learned.stripped.add(param);
    return "again";
  }
  // The next try has all the patience there is.
  if (kind === "timeout_headers" || kind === "timeout_total") learned.pace = unknownPace;
  learned.avoidStream = streaming && streamFaults.has(kind);
  learned.full += kind === "tier_full" ? 1 : 0;
  learned.garbled = kind === "tool_parse_server" ? learned.garbled + 1 : 0;
  learned.textCalls ||= readable && learned.garbled >= MOST_GARBLED;
  return "later";
}

/** Of the sampling temperature, per failure in a row. */
const garbledStep = 0.1;

function mannerFor(
  { tools, maxOutputTokens }: ModelRequest,
  { selfHosted, streamTools = !selfHosted, serviceTier = "default" }: Endpoint,
  learned: Learned,
): Manner {
  const { avoidStream, stripped, plainTools, textCalls, mostTokens, garbled, full } = learned;
  return {
    // Six known server bugs corrupt streamed tool calls, all on self-hosted servers: their owner says where none does.
    streamed: !avoidStream && (streamTools || tools.length === 0),
    leftOut: [...stripped, ...(plainTools ? [freeText] : []), ...(textCalls && tools.length > 0 ? [allTools] : [])],
    ...(mostTokens < maxOutputTokens && { mostTokens }),
    ...(serviceTier !== "default" && full < MOST_FULL && { serviceTier }),
    ...(garbled > 0 && { temperature: garbled * garbledStep }),
  };
}

function formOf(request: ModelRequest, { leftOut }: Manner): ModelRequest {
  if (leftOut.includes(allTools)) return asText(request);
  return leftOut.includes(freeText) ? withoutFreeText(request) : request;
}

function bodyOf(wanted: Record<string, unknown>, { leftOut, temperature }: Manner): string {
  const varied = temperature === undefined ? wanted : { temperature, ...wanted };
  const params = new Set(leftOut.filter((name) => name !== freeText && name !== allTools));
  return wellFormed(JSON.stringify(without(varied, params)));
}

function measured(raw: RawReply, body: string, answer: Answer): Omit<Reply, "message" | "stop" | "ms"> {
  const written =
    raw.text +
    raw.calls.map((call) => (typeof call.args === "string" ? call.args : JSON.stringify(call.args ?? ""))).join("");
  return {
    usage:
      raw.usage ?? estimateUsage(estimateTokens(Buffer.byteLength(body)), estimateTokens(Buffer.byteLength(written))),
    servedModel: raw.servedModel ?? "",
    servedTier: raw.servedTier,
    requestId: answer.requestId,
    firstByteMs: answer.firstByteMs(),
  };
}

/**
 * Half a character, as a cut in the middle of an emoji leaves it, is no text: a server refuses the whole request, and
 * every later one that repeats it. JSON spells such halves, and only them, as escapes.
 */
function wellFormed(json: string): string {
  if (!json.includes("\\ud")) return json;
  return json.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, "$1\ufffd");
}

/** What a request is about cannot be left out of it. */
const droppable = (param: string): boolean => !/^(model|messages|input|tools)\b/.test(param);

/** Two names for the same limit: a server that does not know one is sent the other. */
const otherNames: Readonly<Record<string, string>> = {
  max_tokens: "max_completion_tokens",
  max_completion_tokens: "max_tokens",
};

/** Leaves parameters out, by the first part of their names ("stream_options.include_usage"), in place. */
function without(body: Record<string, unknown>, stripped: ReadonlySet<string>): Record<string, unknown> {
  if (stripped.size === 0) return body;
  const names = new Set([...stripped].map((param) => param.split(".")[0]));
  const entries = Object.entries(body).flatMap(([key, value]): [string, unknown][] => {
    if (!names.has(key)) return [[key, value]];
    const other = otherNames[key];
    return other === undefined || names.has(other) ? [] : [[other, value]];
  });
  return Object.fromEntries(entries);
}
