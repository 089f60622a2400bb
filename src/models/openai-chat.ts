import type { ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources/chat/completions";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { Message } from "../ledger/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ConnectedModel, ModelRequest, OnDelta, ToolSpec } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { connectWire, type Dialect } from "./adapter.ts";
import { isObject, parseOr } from "./json-text.ts";
import { addDetail, ReasoningDetail } from "./reasoning-details.ts";
import { isStrict, repeats, replayedArguments, type RawReply } from "./settle.ts";
import { Thought, thoughtField, thoughtsOf, withThinkingPart } from "./thoughts.ts";
import { askedTier } from "./service-tier.ts";
import { mapUsage } from "./usage.ts";

/** The Chat Completions wire: what nearly every server speaks. */
const dialect: Dialect = { path: "/chat/completions", body: chatBody, read: readChat };

/** Connects an endpoint that speaks Chat Completions. */
export const connectChat = (endpoint: Endpoint, clock: Clock): Promise<ConnectedModel> =>
  connectWire(endpoint, dialect, clock);

const isOpenAi = (endpoint: Endpoint): boolean => new URL(endpoint.baseUrl).hostname === "api.openai.com";

function chatBody(request: ModelRequest, endpoint: Endpoint, streaming: boolean): Record<string, unknown> {
  const openai = isOpenAi(endpoint);
  return {
    model: endpoint.model,
    [openai ? "max_completion_tokens" : "max_tokens"]: request.maxOutputTokens,
    ...(openai ? { prompt_cache_key: request.cacheKey } : {}),
    ...askedTier(endpoint, openai),
    stream: streaming,
    ...(streaming
      ? { stream_options: { include_usage: true, ...(openai ? { include_obfuscation: false } : {}) } }
      : {}),
    ...(request.tools.length > 0 ? { tools: request.tools.map(chatTool) } : {}),
    messages: request.messages.map((message) => chatMessage(message, endpoint)),
  };
}

function chatTool({ name, about, schema }: ToolSpec): ChatCompletionTool {
  const parameters = { ...schema };
  return {
    type: "function",
    function: { name, description: about, parameters, ...(isStrict(schema) ? { strict: true } : {}) },
  };
}

function chatMessage(message: Message, endpoint: Endpoint): ChatCompletionMessageParam & Record<string, unknown> {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.text };
    case "user":
      return { role: "user", content: message.text };
    case "tool":
      return { role: "tool", tool_call_id: message.callId, content: message.text };
    case "assistant": {
      const { reasoning, calls } = message;
      const same = reasoning?.endpoint === endpoint.name && reasoning.model === endpoint.model;
      const thought = same ? Thought.safeParse(reasoning.items[0]).data : undefined;
      const said = (thought?.field === "think" ? thought.text : "") + message.text;
      return {
        role: "assistant",
        // Neither null nor empty: some servers reject one, some the other.
        content:
          thought?.field === "thinking"
            ? withThinkingPart(thought.text, message.text)
            : said === "" && calls.length === 0
              ? "(no text)"
              : said,
        ...thoughtField(thought),
        ...(calls.length > 0
          ? {
              tool_calls: calls.map((call) => ({
                id: call.id,
                type: "function" as const,
                function: { name: call.name, arguments: replayedArguments(call) },
              })),
            }
          : {}),
      };
    }
  }
}

const inWords = { text: z.string().optional().catch(undefined) };
/** Words, or a list of parts: some are words, and Mistral sends thinking as others, whose parts are words again. */
const Words = z.union([
  z.string().transform((content) => ({ content, thinking: "" })),
  z
    .array(
      z.looseObject({
        type: z.string().optional(),
        ...inWords,
        thinking: z
          .union([z.string(), z.array(z.looseObject(inWords))])
          .optional()
          .catch(undefined),
      }),
    )
    .transform((parts) => ({
      content: parts.map(({ text = "" }) => text).join(""),
      thinking: parts
        .map(({ thinking = "" }) =>
          typeof thinking === "string" ? thinking : thinking.map(({ text = "" }) => text).join(""),
        )
        .join(""),
    })),
]);
const Called = z.object({ name: z.string().nullish(), arguments: z.unknown().optional() });

/** One piece of a message, or a whole one: the two differ only in how much they hold. */
const Piece = z.object({
  content: Words.nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  reasoning_details: z.array(ReasoningDetail).nullish().catch(null),
  tool_calls: z
    .array(
      z.object({
        // Gateways write numbers as text, and text as numbers.
        index: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).nullish(),
        id: z.union([z.string(), z.number().transform(String)]).nullish(),
        function: Called.nullish(),
      }),
    )
    .nullish(),
  /** The one call of a reply in the words of 2023. */
  function_call: Called.nullish(),
});
type Piece = z.infer<typeof Piece>;

const Frame = z.object({
  choices: z
    .array(
      z.object({
        index: z.unknown().optional(),
        delta: Piece.nullish(),
        message: Piece.nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  model: z.string().nullish(),
  service_tier: z.string().nullish(),
  system_fingerprint: z.string().nullish(),
  usage: z.unknown().optional(),
  timings: z.unknown().optional(),
});

interface OpenCall {
  index: number | null;
  id: string | null;
  name: string;
  args: unknown;
}

async function readChat(frames: AsyncIterable<unknown>, endpoint: Endpoint, onDelta: OnDelta): Promise<RawReply> {
  const said = { content: "", refusal: "", reasoning_content: "", reasoning: "", thinking: "" };
  const calls: OpenCall[] = [];
  const blocks: ReasoningDetail[] = [];
  let finish: string | null = null;
  let last: Pick<z.infer<typeof Frame>, "usage" | "timings" | "model" | "service_tier" | "system_fingerprint"> = {
    usage: null,
    timings: null,
  };
  for await (const frame of frames) {
    const parsed = Frame.safeParse(frame);
    if (!parsed.success)
      throw new ModelError("stream_malformed", `${endpoint.name} sent a reply of an unknown shape`, {
        where: endpoint,
      });
    const { choices, ...rest } = parsed.data;
    last = {
      usage: rest.usage ?? last.usage,
      timings: rest.timings ?? last.timings,
      model: rest.model ?? last.model,
      service_tier: rest.service_tier ?? last.service_tier,
      system_fingerprint: rest.system_fingerprint ?? last.system_fingerprint,
    };
    // One was asked for; a server that gives several mixes them in one stream.
    const choice = choices?.find(({ index }) => !index);
    // Some servers say with every piece, by an empty word, that it is not the last.
    finish = choice?.finish_reason || finish;
    const piece = choice?.delta ?? choice?.message;
    if (piece === null || piece === undefined) continue;
    for (const field of ["refusal", "reasoning_content", "reasoning"] as const) said[field] += piece[field] ?? "";
    said.content += piece.content?.content ?? "";
    said.thinking += piece.content?.thinking ?? "";
    const whole = choice?.delta === null || choice?.delta === undefined;
    if (whole) blocks.push(...(piece.reasoning_details ?? []));
    else for (const detail of piece.reasoning_details ?? []) addDetail(blocks, detail);
    if (piece.content?.content) onDelta({ kind: "text", text: piece.content.content });
    else if (piece.reasoning_content || piece.reasoning || piece.content?.thinking)
      onDelta({ kind: "waiting", text: "thinking" });
    addCalls(calls, piece, whole);
  }
  if (finish === null)
    throw new ModelError("stream_truncated", `${endpoint.name} ended its reply without saying that it was complete`, {
      where: endpoint,
    });
  if (finish === "error" || finish === "abort") {
    const kind = finish === "error" ? "server" : "stream_truncated";
    throw new ModelError(kind, `${endpoint.name} broke its reply off (${finish})`, { where: endpoint });
  }
  const { thinking, text } = thoughtsOf(said, blocks, endpoint);
  const repeated = repeats();
  return {
    text: text === "" ? said.refusal : text,
    calls: calls.filter((call) => !repeated(call)),
    finish: said.refusal !== "" ? "refusal" : stopOf(finish),
    reasoning: thinking === null ? [] : [thinking],
    usage: mapUsage(last.usage, last.timings),
    servedModel: last.model ?? null,
    servedTier: last.service_tier ?? null,
    fingerprint: last.system_fingerprint ?? null,
  };
}

const stopOf = (finish: string): RawReply["finish"] =>
  finish === "length" ? "length" : finish === "content_filter" ? "filter" : "other";

/**
 * A piece belongs to the open call of its index, unless it begins another by its id and name: some servers send every
 * parallel call under index 0, a few under one id as well, and others give every piece an id of its own.
 */
function addCalls(calls: OpenCall[], piece: Piece, whole: boolean): void {
  const old = piece.function_call ? [{ index: null, id: null, function: piece.function_call }] : [];
  for (const part of [...(piece.tool_calls ?? []), ...old]) {
    const index = part.index ?? null;
    const id = part.id ?? null;
    const name = part.function?.name ?? "";
    const open = whole ? undefined : calls.findLast((call) => index === null || call.index === index);
    const otherId = id !== null && id !== "" && open?.id !== null && open?.id !== id;
    const another =
      open === undefined ||
      (otherId && (name !== "" || isWhole(open))) ||
      (name !== "" && open.name !== "" && (open.name !== name || (isWhole(open) && part.function?.arguments !== "")));
    if (another) calls.push({ index, id, name, args: part.function?.arguments ?? "" });
    else {
      open.id ??= id;
      open.name ||= name;
      const more = part.function?.arguments ?? "";
      open.args =
        typeof open.args === "string" && typeof more === "string" ? open.args + more : more === "" ? open.args : more;
    }
  }
}

/** A name that comes again after whole arguments begins another call. */
const isWhole = ({ args }: OpenCall): boolean => isObject(typeof args === "string" ? parseOr(args, null) : args);
