import { argumentsOf, finishOf, frame, halves, type ScriptedReply } from "./model-wire.ts";

const stopReasons: Readonly<Record<string, string>> = {
  stop: "end_turn",
  tool_calls: "tool_use",
  length: "max_tokens",
  content_filter: "refusal",
};

/** Thinking as an unreadable signature, text, calls. */
function blocks(reply: ScriptedReply): ({ type: string } & Record<string, unknown>)[] {
  return [
    ...(reply.reasoning === undefined
      ? []
      : [{ type: "thinking", thinking: `thought ${reply.reasoning}`, signature: reply.reasoning }]),
    ...(reply.text === undefined || reply.text === "" ? [] : [{ type: "text", text: reply.text }]),
    ...(reply.calls ?? []).map((call, index) => ({
      type: "tool_use",
      id: call.id ?? `call_${index}`,
      name: call.name,
      input: call.arguments,
    })),
  ];
}

function usageOf({ usage = { input: 100, output: 10 }, tier }: ScriptedReply): Record<string, unknown> {
  if (usage === null) return tier === undefined ? {} : { service_tier: tier };
  const { input, output, cached = 0, cacheWrite = 0, reasoning } = usage;
  return {
    // More was cached than came in: such a server contradicts itself.
    input_tokens: input === 0 && output === 0 ? 0 : input - cached - cacheWrite,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: cacheWrite,
    output_tokens: output,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
    ...(tier === undefined ? {} : { service_tier: tier }),
  };
}

const message = (reply: ScriptedReply) => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: reply.model ?? "test-model",
  stop_sequence: null,
});

/** A whole message. */
export function messagesJson(reply: ScriptedReply) {
  return {
    ...message(reply),
    content: blocks(reply),
    stop_reason: stopReasons[finishOf(reply)] ?? finishOf(reply),
    usage: usageOf(reply),
  };
}

/** The same as server-sent events, with a ping, an event and a delta of types that nobody knows. */
export function* messagesStream(reply: ScriptedReply): Generator<string> {
  const event = (type: string, rest: object) => `event: ${type}\n${frame({ type, ...rest })}`;
  const usage = usageOf(reply);
  yield event("message_start", {
    message: { ...message(reply), content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  });
  yield event("ping", {});
  yield event("weather_report", { sky: "blue" });
  for (const [index, block] of blocks(reply).entries()) {
    yield* blockStream(block, (type, rest) => event(type, { index, ...rest }));
    yield event("content_block_stop", { index });
  }
  const { output_tokens, output_tokens_details } = usage;
  yield event("message_delta", {
    delta: { stop_reason: stopReasons[finishOf(reply)] ?? finishOf(reply), stop_sequence: null },
    usage: { output_tokens, ...(output_tokens_details === undefined ? {} : { output_tokens_details }) },
  });
  yield event("message_stop", {});
}

type Send = (type: string, rest: object) => string;

function* blockStream(block: { type: string } & Record<string, unknown>, send: Send): Generator<string> {
  const delta = (rest: object) => send("content_block_delta", { delta: rest });
  if (block.type === "text") {
    yield send("content_block_start", { content_block: { type: "text", text: "" } });
    for (const text of halves(String(block["text"]))) yield delta({ type: "text_delta", text });
    yield delta({ type: "mood_delta", mood: "fine" });
  } else if (block.type === "thinking") {
    yield send("content_block_start", { content_block: { type: "thinking", thinking: "", signature: "" } });
    for (const thinking of halves(String(block["thinking"]))) yield delta({ type: "thinking_delta", thinking });
    yield delta({ type: "signature_delta", signature: block["signature"] });
  } else {
    yield send("content_block_start", { content_block: { ...block, input: {} } });
    for (const partial_json of halves(argumentsOf({ name: "", arguments: block["input"] as string })))
      yield delta({ type: "input_json_delta", partial_json });
  }
}
