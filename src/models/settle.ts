import type { AssistantMessage, Call, Usage } from "../ledger/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ModelRequest, Reply } from "./model.ts";
import { repairCall, type RepairedCall } from "./repair.ts";
import { rescueCalls } from "./text-rescue.ts";

/** A complete reply in neutral form, calls not yet read. */
export interface RawReply {
  readonly text: string;
  /** `id` as the server gave it, if it did. `cut`: the server itself says the call is incomplete. */
  readonly calls: readonly {
    readonly id: string | null;
    readonly name: string;
    readonly args: unknown;
    readonly cut?: boolean;
    /** It came as free text. */
    readonly custom?: true;
  }[];
  /** Only "length", "filter" and "refusal" are believed; whether there are calls is counted. */
  readonly finish: "length" | "filter" | "refusal" | "other";
  /** To be replayed verbatim to the same endpoint and model. */
  readonly reasoning: readonly unknown[];
  readonly usage: Usage | null;
  readonly servedModel: string | null;
  readonly servedTier: string | null;
  /** The version of the installation, where the server names it. */
  readonly fingerprint?: string | null;
}

/** The most calls of one reply that are looked at. */
export const maxCalls = 64;

/** Are calls that came as text looked for? Servers of one's own lose some that way. */
export const readsText = ({ selfHosted, wire }: Endpoint): boolean => selfHosted && wire !== "responses";

/** Tells which of a reply's calls is one that it has already, id and all: some servers list a call twice. */
export function repeats(): (call: RawReply["calls"][number]) => boolean {
  const seen = new Set<string>();
  return ({ id, name, args }) => {
    const known = seen.size;
    return id !== null && seen.add(JSON.stringify([id, name, args])).size === known;
  };
}

/** Reads the calls, counts them, and derives why the model stopped from that. Pure. */
export function settleReply(raw: RawReply, request: ModelRequest, endpoint: Endpoint): Pick<Reply, "message" | "stop"> {
  const wanted = raw.calls.slice(0, maxCalls);
  const dropped = raw.calls.length - wanted.length;
  const rescued =
    wanted.length === 0 && readsText(endpoint) && raw.finish !== "length" && request.tools.length > 0
      ? rescueCalls(raw.text)
      : null;
  const found: RawReply["calls"] = rescued === null ? wanted : rescued.calls.map((call) => ({ ...call, id: null }));
  const newId = idGiver(request);
  const calls = found.map((call, index): Call => {
    const truncated = call.cut === true || (raw.finish === "length" && index === found.length - 1 && dropped === 0);
    const limit = raw.finish === "length" ? { maxOutputTokens: request.maxOutputTokens } : {};
    const repaired = repairCall(call, request.tools, { truncated, ...limit });
    const repairs = rescued === null ? repaired.repairs : ["text-rescue", ...repaired.repairs];
    const recorded = recordedCall(newId(call.id), { ...repaired, repairs });
    return call.custom ? { ...recorded, custom: true } : recorded;
  });
  const note =
    dropped === 0 ? "" : `\n[${dropped} further calls of this reply were dropped: at most ${maxCalls} are kept]`;
  const message: AssistantMessage = { role: "assistant", text: ((rescued?.text ?? raw.text) + note).trim(), calls };
  if (raw.reasoning.length > 0)
    message.reasoning = { endpoint: endpoint.name, model: endpoint.model, items: [...raw.reasoning] };
  return { message, stop: stopOf(raw, calls) };
}

function stopOf(raw: RawReply, calls: readonly Call[]): Reply["stop"] {
  if (calls.some((call) => call.args !== null)) return "calls";
  if (raw.finish === "length") return "length";
  if (calls.length > 0) return "calls";
  return raw.finish === "filter" || raw.finish === "refusal" ? "refusal" : "end";
}

/** The server's id where every server would accept it back and it is new in this session; else a number. */
function idGiver(request: ModelRequest): (id: string | null) => string {
  const earlier = request.messages.flatMap((message) => (message.role === "assistant" ? message.calls : []));
  const used = new Set(earlier.map((call) => call.id));
  let count = earlier.length;
  return (id) => {
    let own = id !== null && /^[\w-]{1,64}$/.test(id) && !used.has(id) ? id : `c${(count += 1)}`;
    while (used.has(own)) own = `c${(count += 1)}`;
    used.add(own);
    return own;
  };
}

/** A call in the form that is kept. */
export function recordedCall(id: string, call: RepairedCall): Call {
  const repairs = [...call.repairs];
  return call.args === null ? { ...call, id, sent: [...call.sent], repairs } : { ...call, id, repairs };
}

/**
 * The arguments of a call when the history is sent back. Of one that was not executed only the names are shown: the values
 * may be half of something, and the error is in its answer already. Short, because models copy what they see.
 */
export const replayedInput = ({ args, sent = [] }: Call): Record<string, unknown> => args ?? { _not_executed: sent };

/** The same as JSON. */
export const replayedArguments = (call: Call): string => JSON.stringify(replayedInput(call));

/** A closed schema with every field required can be enforced by the server while it decodes. */
export function isStrict(schema: Readonly<Record<string, unknown>>): boolean {
  const properties = Object.keys(schema["properties"] ?? {});
  const required = schema["required"];
  return (
    schema["additionalProperties"] === false &&
    Array.isArray(required) &&
    properties.every((key) => required.includes(key))
  );
}
