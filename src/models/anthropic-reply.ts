import { z } from "zod";
import type { Endpoint } from "./endpoint.ts";
import type { OnDelta } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { maxCalls, repeats, type RawReply } from "./settle.ts";
import { mapAnthropicUsage } from "./usage.ts";

/** A block of a reply: whole, or as far as a stream has brought it. Blocks of other types are ignored. */
const Block = z.union([
  z.object({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("thinking"), thinking: z.string(), signature: z.string().optional() }),
  z.looseObject({ type: z.literal("redacted_thinking") }),
  z.object({ type: z.literal("tool_use"), id: z.string().nullish(), name: z.string(), input: z.unknown() }),
]);
type Block = z.infer<typeof Block>;

const Start = z.object({
  model: z.string().nullish(),
  usage: z.looseObject({ service_tier: z.string().nullish() }).nullish(),
});
const Whole = Start.extend({
  type: z.literal("message"),
  content: z.array(z.unknown()),
  stop_reason: z.string().nullable(),
});

const index = z.int().nonnegative();
const Event = z.union([
  z.object({ type: z.literal("message_start"), message: Start }),
  z.object({ type: z.literal("content_block_start"), index, content_block: z.unknown() }),
  z.object({
    type: z.literal("content_block_delta"),
    index,
    delta: z.union([
      z.object({ type: z.literal("text_delta"), text: z.string() }),
      z.object({ type: z.literal("input_json_delta"), partial_json: z.string() }),
      z.object({ type: z.literal("thinking_delta"), thinking: z.string() }),
      z.object({ type: z.literal("signature_delta"), signature: z.string() }),
    ]),
  }),
  z.object({ type: z.literal("content_block_stop"), index }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: z.string().nullish() }),
    usage: z.record(z.string(), z.unknown()).nullish(),
  }),
  z.object({ type: z.literal("message_stop") }),
]);
type Event = z.infer<typeof Event>;

/** A block that is being sent, and the JSON of its arguments so far. */
interface OpenBlock {
  readonly index: number;
  readonly block: Block;
  json: string;
  closed: boolean;
}

interface Heard {
  readonly blocks: OpenBlock[];
  start: z.infer<typeof Start>;
  usage: Record<string, unknown>;
  stop: string | null;
  complete: boolean;
}

/** Reads a Messages reply, streamed or whole, to `message_stop`. */
export async function readMessages(
  frames: AsyncIterable<unknown>,
  endpoint: Endpoint,
  onDelta: OnDelta,
): Promise<RawReply> {
  const heard: Heard = { blocks: [], start: {}, usage: {}, stop: null, complete: false };
  for await (const frame of frames) {
    const event = Event.safeParse(frame).data;
    const whole = event === undefined ? Whole.safeParse(frame).data : undefined;
    if (whole !== undefined) hearWhole(whole, heard);
    else if (event !== undefined) hear(event, heard, onDelta);
    else if (!isNews(frame))
      throw new ModelError("stream_malformed", `${endpoint.name} sent a reply of an unknown shape`, {
        where: endpoint,
      });
    // What is said after the end is no part of the reply, and whether the server hangs up is its own affair.
    if (heard.complete) break;
  }
  if (!heard.complete || heard.stop === null)
    throw new ModelError("stream_truncated", `${endpoint.name} ended its reply without saying that it was complete`, {
      where: endpoint,
    });
  return gather(heard, endpoint);
}

/** An event of a type that came after this was written: it has a type and is none of ours with other contents. */
const isNews = (frame: unknown): boolean => {
  const { data } = z.object({ type: z.string(), delta: z.unknown().optional() }).safeParse(frame);
  if (data === undefined || data.type === "message") return false;
  const known = Event.options.some(({ shape }) => shape.type.value === data.type);
  return !known || (data.type === "content_block_delta" && isOtherDelta(data.delta));
};

const isOtherDelta = (delta: unknown): boolean => {
  const { data } = z.object({ type: z.string() }).safeParse(delta);
  return (
    data !== undefined && !["text_delta", "input_json_delta", "thinking_delta", "signature_delta"].includes(data.type)
  );
};

function hearWhole(whole: z.infer<typeof Whole>, heard: Heard): void {
  heard.start = whole;
  heard.usage = { ...whole.usage };
  heard.stop = whole.stop_reason;
  heard.complete = true;
  for (const [at, content] of whole.content.entries()) {
    const block = Block.safeParse(content).data;
    if (block !== undefined) heard.blocks.push({ index: at, block, json: "", closed: true });
  }
}

function hear(event: Event, heard: Heard, onDelta: OnDelta): void {
  switch (event.type) {
    case "message_start":
      // A gateway that has to ask again begins anew.
      heard.blocks.length = 0;
      heard.start = event.message;
      heard.usage = { ...event.message.usage };
      return;
    case "content_block_start": {
      const block = Block.safeParse(event.content_block).data;
      if (block === undefined) return;
      heard.blocks.push({ index: event.index, block, json: "", closed: false });
      if (block.type === "text" && block.text !== "") onDelta({ kind: "text", text: block.text });
      return;
    }
    case "content_block_delta": {
      const open = openAt(event.index, heard);
      if (open !== undefined) grow(open, event.delta, onDelta);
      return;
    }
    case "content_block_stop": {
      const open = openAt(event.index, heard);
      if (open !== undefined) open.closed = true;
      return;
    }
    case "message_delta":
      heard.stop = event.delta.stop_reason ?? heard.stop;
      // Counts here are totals, and replace those of the beginning.
      heard.usage = { ...heard.usage, ...present(event.usage ?? {}) };
      return;
    case "message_stop":
      heard.complete = true;
  }
}

/** Some gateways send every block under index 0, one after the other. */
const openAt = (at: number, { blocks }: Heard): OpenBlock | undefined =>
  blocks.findLast(({ index: one, closed }) => one === at && !closed);

const present = (counts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(counts).filter(([, value]) => value !== null));

type Delta = Extract<Event, { type: "content_block_delta" }>["delta"];

function grow(open: OpenBlock, delta: Delta, onDelta: OnDelta): void {
  const { block } = open;
  if (delta.type === "text_delta" && block.type === "text") {
    block.text += delta.text;
    onDelta({ kind: "text", text: delta.text });
  }
  if (delta.type === "thinking_delta" && block.type === "thinking") {
    block.thinking += delta.thinking;
    onDelta({ kind: "waiting", text: "thinking" });
  }
  if (delta.type === "signature_delta" && block.type === "thinking")
    block.signature = (block.signature ?? "") + delta.signature;
  if (delta.type === "input_json_delta") open.json += delta.partial_json;
}

/** Sorts the blocks into text, calls and what is kept for the next turn. */
function gather({ blocks, start, usage, stop }: Heard, endpoint: Endpoint): RawReply {
  const calls: RawReply["calls"][number][] = [];
  const repeated = repeats();
  const texts: string[] = [];
  const kept: unknown[] = [];
  for (const { block, json, closed } of blocks.toSorted((a, b) => a.index - b.index)) {
    if (block.type === "tool_use") {
      const call = { id: block.id ?? null, name: block.name, args: json === "" ? block.input : json, cut: !closed };
      if (repeated(call)) continue;
      if (calls.length < maxCalls) kept.push({ type: "call", index: calls.length });
      calls.push(call);
    } else {
      if (block.type === "text") texts.push(block.text);
      kept.push(block);
    }
  }
  const counted = mapAnthropicUsage(usage);
  if (stop === "model_context_window_exceeded") {
    const error = new ModelError(
      "context_overflow",
      `${endpoint.name}: the reply reached the end of the context window`,
      {
        where: endpoint,
      },
    );
    error.usage = counted;
    throw error;
  }
  return {
    text: texts.filter((text) => text !== "").join("\n\n"),
    calls,
    finish: stop === "max_tokens" ? "length" : stop === "refusal" ? "refusal" : "other",
    reasoning: blocks.some(({ block }) => block.type.endsWith("thinking")) ? kept : [],
    usage: counted,
    servedModel: start.model ?? null,
    servedTier: start.usage?.service_tier ?? null,
  };
}
