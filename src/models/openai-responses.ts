import type { ResponseInputItem, Tool } from "openai/resources/responses/responses";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { AssistantMessage, Call, Message } from "../ledger/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectedModel, ModelRequest, OnDelta, ToolSpec } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { connectWire, type Dialect } from "./adapter.ts";
import { isObject } from "./json-text.ts";
import { isStrict, maxCalls, repeats, replayedArguments, type RawReply } from "./settle.ts";
import { askedTier } from "./service-tier.ts";
import { mapUsage } from "./usage.ts";

/** The Responses wire, used without any state on the server. */
const dialect: Dialect = { path: "/responses", body: responsesBody, read: readResponses };

/** Connects an endpoint that speaks Responses. */
export const connectResponses = (endpoint: Endpoint, clock: Clock): Promise<ConnectedModel> =>
  connectWire(endpoint, dialect, clock);

function responsesBody(request: ModelRequest, endpoint: Endpoint, streaming: boolean): Record<string, unknown> {
  const cloud = {
    include: ["reasoning.encrypted_content"],
    truncation: "disabled",
    parallel_tool_calls: true,
    prompt_cache_key: request.cacheKey,
    ...askedTier(endpoint, true),
  };
  return {
    model: endpoint.model,
    store: false,
    max_output_tokens: request.maxOutputTokens,
    ...(endpoint.selfHosted ? {} : cloud),
    stream: streaming,
    ...(streaming && !endpoint.selfHosted ? { stream_options: { include_obfuscation: false } } : {}),
    ...(request.tools.length > 0 ? { tools: request.tools.map(responsesTool) } : {}),
    input: inputOf(request.messages, endpoint),
  };
}

function responsesTool({ name, about, schema, grammar }: ToolSpec): Tool {
  if (grammar !== undefined)
    return {
      type: "custom",
      name,
      description: about,
      format: { type: "grammar", syntax: "lark", definition: grammar },
    };
  return { type: "function", name, description: about, parameters: { ...schema }, strict: isStrict(schema) };
}

function inputOf(messages: readonly Message[], endpoint: Endpoint): ResponseInputItem[] {
  const calls = messages.flatMap((message) => (message.role === "assistant" ? message.calls : []));
  const custom = new Set(calls.filter((call) => call.custom).map(({ id }) => id));
  return messages.flatMap((message) => inputItems(message, endpoint, custom));
}

/** `custom` are the calls that came as free text: they are answered as such. */
function inputItems(message: Message, endpoint: Endpoint, custom: ReadonlySet<string>): ResponseInputItem[] {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.text }];
    case "user":
      return [{ role: "user", content: message.text }];
    case "tool":
      return [
        {
          type: custom.has(message.callId) ? "custom_tool_call_output" : "function_call_output",
          call_id: message.callId,
          output: message.text,
        },
      ];
    case "assistant":
      return assistantItems(message, endpoint);
  }
}

/**
 * What is kept of a reply besides text and calls, in the provider's order: reasoning verbatim, a message by its text and
 * phase, a call by its place among the calls. A provider that meets its reasoning out of order answers worse or not at all.
 */
const KeptItem = z.union([
  z.looseObject({ type: z.literal("reasoning") }),
  z.object({ type: z.literal("message"), text: z.string(), phase: z.enum(["commentary", "final_answer"]).optional() }),
  z.object({ type: z.literal("call"), index: z.int() }),
]);
type KeptItem = z.infer<typeof KeptItem>;

function assistantItems(message: AssistantMessage, endpoint: Endpoint): ResponseInputItem[] {
  const { reasoning, calls, text } = message;
  const same = reasoning?.endpoint === endpoint.name && reasoning.model === endpoint.model;
  const kept = same ? z.array(KeptItem).safeParse(reasoning.items).data : undefined;
  if (kept === undefined) return [...(text === "" ? [] : [said(text)]), ...calls.map(callItem)];
  return kept.flatMap((item): ResponseInputItem[] => {
    if (item.type === "reasoning") return [item as unknown as ResponseInputItem];
    if (item.type === "message") return [said(item.text, item.phase)];
    const call = calls[item.index];
    return call === undefined ? [] : [callItem(call)];
  });
}

const said = (content: string, phase?: "commentary" | "final_answer"): ResponseInputItem => ({
  role: "assistant",
  content,
  ...(phase === undefined ? {} : { phase }),
});

const callItem = (call: Call): ResponseInputItem =>
  call.custom
    ? { type: "custom_tool_call", call_id: call.id, name: call.name, input: freeTextOf(call) }
    : { type: "function_call", call_id: call.id, name: call.name, arguments: replayedArguments(call) };

/** As it came. Of one that was cut nothing is shown: models copy what they see. */
const freeTextOf = ({ args }: Call): string => (typeof args?.["input"] === "string" ? args["input"] : "(cut off)");

const OutputItem = z.union([
  z.looseObject({ type: z.literal("reasoning") }),
  z.object({
    type: z.literal("message"),
    phase: z.enum(["commentary", "final_answer"]).nullish().catch(null),
    content: z.union([
      z.array(z.object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() })),
      z.string().transform((text) => [{ type: "output_text", text, refusal: undefined }]),
    ]),
  }),
  z.object({
    type: z.literal("function_call"),
    call_id: z.string().nullish(),
    name: z.string(),
    arguments: z.unknown().optional(),
    status: z.string().nullish(),
  }),
  z.object({
    type: z.literal("custom_tool_call"),
    call_id: z.string().nullish(),
    name: z.string(),
    input: z.string(),
    status: z.string().nullish(),
  }),
]);

const Finished = z.object({
  object: z.literal("response").optional(),
  status: z.string(),
  output: z
    .array(z.unknown())
    .nullish()
    .transform((output) => output ?? []),
  incomplete_details: z.object({ reason: z.string().nullish() }).nullish(),
  model: z.string().nullish(),
  service_tier: z.string().nullish(),
  usage: z.unknown().optional(),
});
type Finished = z.infer<typeof Finished>;

const Event = z.union([
  z.object({ type: z.enum(["response.completed", "response.incomplete"]), response: z.unknown().optional() }),
  z.object({ type: z.literal("response.output_item.done"), item: z.unknown().optional() }),
  z.object({ type: z.literal("response.output_text.delta"), delta: z.string() }),
]);

/** A reply that did not come in pieces. */
const wholeReply = (frame: unknown): Finished | undefined =>
  isObject(frame) && "output" in frame ? Finished.safeParse(frame).data : undefined;

async function readResponses(frames: AsyncIterable<unknown>, endpoint: Endpoint, onDelta: OnDelta): Promise<RawReply> {
  const where = endpoint;
  const items: unknown[] = [];
  let finished: Finished | undefined;
  for await (const frame of frames) {
    const event = Event.safeParse(frame).data;
    if (event === undefined) finished = wholeReply(frame);
    else if (event.type === "response.output_item.done") items.push(event.item);
    else if (event.type === "response.output_text.delta") onDelta({ kind: "text", text: event.delta });
    else {
      finished = Finished.safeParse(event.response).data;
      if (finished === undefined)
        throw new ModelError("stream_malformed", `${where.name} sent a reply of an unknown shape`, { where });
    }
    // What is said after the end is no part of the reply, and whether the server hangs up is its own affair.
    if (finished !== undefined) break;
  }
  if (finished === undefined || !["completed", "incomplete"].includes(finished.status)) {
    throw new ModelError("stream_truncated", `${where.name} ended its reply without saying that it was complete`, {
      where,
    });
  }
  // Only finished items count. Servers that do not announce each one by itself list them at the end.
  return gather(finished.output.length > items.length ? finished.output : items, finished);
}

/** Sorts output items into text, calls and what is kept for the next turn. Items of other types are ignored. */
function gather(items: readonly unknown[], finished: Finished): RawReply {
  const calls: RawReply["calls"][number][] = [];
  const kept: KeptItem[] = [];
  const texts: string[] = [];
  const repeated = repeats();
  let refused = false;
  for (const item of items) {
    const parsed = OutputItem.safeParse(item).data;
    if (parsed?.type === "reasoning") kept.push(parsed);
    if (parsed?.type === "message") {
      refused ||= parsed.content.some((part) => part.refusal !== undefined);
      const text = parsed.content.map((part) => part.text ?? part.refusal ?? "").join("");
      texts.push(text);
      kept.push({ type: "message", text, ...(parsed.phase ? { phase: parsed.phase } : {}) });
    }
    if (parsed?.type === "function_call" || parsed?.type === "custom_tool_call") {
      const call = {
        id: parsed.call_id ?? null,
        name: parsed.name,
        cut: parsed.status === "incomplete",
        ...(parsed.type === "function_call"
          ? { args: parsed.arguments }
          : { args: { input: parsed.input }, custom: true as const }),
      };
      if (repeated(call)) continue;
      if (calls.length < maxCalls) kept.push({ type: "call", index: calls.length });
      calls.push(call);
    }
  }
  const reason = finished.incomplete_details?.reason;
  const cutShort = finished.status === "incomplete" && reason !== "content_filter";
  return {
    text: texts.filter((text) => text !== "").join("\n\n"),
    calls,
    finish: cutShort ? "length" : reason === "content_filter" ? "filter" : refused ? "refusal" : "other",
    reasoning: kept.some((item) => item.type === "reasoning" || (item.type === "message" && item.phase !== undefined))
      ? kept
      : [],
    usage: mapUsage(finished.usage),
    servedModel: finished.model ?? null,
    servedTier: finished.service_tier ?? null,
  };
}
