/** A reply in neutral form; the server puts it into the words of either wire. */
export interface ScriptedReply {
  readonly text?: string;
  readonly calls?: readonly {
    readonly name: string;
    /** An object is serialised; a string is sent as it is, broken or not. */
    readonly arguments: Record<string, unknown> | string;
    readonly id?: string;
    /** Sent as free text, where the wire knows that. */
    readonly custom?: true;
  }[];
  /** Sent as `reasoning_content` on the chat wire, as an item with encrypted content on the other. */
  readonly reasoning?: string;
  /** In OpenAI's chat words for both wires; null leaves it out. Default: 100 tokens in, 10 out. */
  readonly usage?: {
    readonly input: number;
    readonly output: number;
    readonly cached?: number;
    readonly cacheWrite?: number;
    readonly reasoning?: number;
  } | null;
  /** What the server claims, right or wrong: "stop", "tool_calls", "length", "content_filter". */
  readonly finish?: string;
  readonly model?: string;
  readonly tier?: string;
}

const base = (reply: ScriptedReply) => ({
  model: reply.model ?? "test-model",
  ...(reply.tier === undefined ? {} : { service_tier: reply.tier }),
});

/** Arguments as JSON text. */
export const argumentsOf = (call: NonNullable<ScriptedReply["calls"]>[number]) =>
  typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);

function toolCalls(reply: ScriptedReply) {
  return (reply.calls ?? []).map((call, index) => ({
    id: call.id ?? `call_${index}`,
    type: "function",
    function: { name: call.name, arguments: argumentsOf(call) },
  }));
}

/** Why it stops, in the words of Chat Completions. */
export const finishOf = (reply: ScriptedReply) => reply.finish ?? (reply.calls?.length ? "tool_calls" : "stop");

function chatUsage({ usage = { input: 100, output: 10 } }: ScriptedReply) {
  if (usage === null) return {};
  const { input, output, cached, cacheWrite, reasoning } = usage;
  return {
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details:
        cached === undefined ? null : { cached_tokens: cached, cache_write_tokens: cacheWrite ?? 0 },
      completion_tokens_details: { reasoning_tokens: reasoning ?? 0 },
    },
  };
}

/** A whole chat completion. */
export function chatJson(reply: ScriptedReply) {
  const calls = toolCalls(reply);
  const message = {
    role: "assistant",
    content: reply.text ?? null,
    ...(reply.reasoning === undefined ? {} : { reasoning_content: reply.reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 0,
    ...base(reply),
    choices: [{ index: 0, message, finish_reason: finishOf(reply) }],
    ...chatUsage(reply),
  };
}

/** The same as server-sent events: text in two pieces, arguments in two pieces, usage in a frame of its own, [DONE]. */
export function* chatStream(reply: ScriptedReply): Generator<string> {
  const chunk = (delta: object, finish: string | null = null) =>
    frame({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      created: 0,
      ...base(reply),
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
  yield chunk({ role: "assistant" });
  if (reply.reasoning !== undefined) yield chunk({ reasoning_content: reply.reasoning });
  for (const content of halves(reply.text ?? "")) yield chunk({ content });
  for (const [index, { id, type, function: called }] of toolCalls(reply).entries()) {
    const [first = "", ...rest] = halves(called.arguments);
    yield chunk({ tool_calls: [{ index, id, type, function: { name: called.name, arguments: first } }] });
    for (const more of rest) yield chunk({ tool_calls: [{ index, function: { arguments: more } }] });
  }
  yield chunk({}, finishOf(reply));
  if (reply.usage !== null)
    yield frame({ object: "chat.completion.chunk", ...base(reply), choices: [], ...chatUsage(reply) });
  yield "data: [DONE]\n\n";
}

function outputItems(reply: ScriptedReply) {
  const reasoning =
    reply.reasoning === undefined
      ? []
      : [{ id: "rs_1", type: "reasoning", summary: [], encrypted_content: reply.reasoning }];
  const text =
    reply.text === undefined || reply.text === ""
      ? []
      : [
          {
            id: "msg_1",
            type: "message",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: reply.text, annotations: [] }],
          },
        ];
  const calls = (reply.calls ?? []).map((call, index) => ({
    id: `fc_${index}`,
    status: finishOf(reply) === "length" && index === (reply.calls?.length ?? 0) - 1 ? "incomplete" : "completed",
    call_id: call.id ?? `call_${index}`,
    name: call.name,
    ...(call.custom
      ? { type: "custom_tool_call", input: argumentsOf(call) }
      : { type: "function_call", arguments: argumentsOf(call) }),
  }));
  return [...reasoning, ...text, ...calls];
}

function responsesUsage({ usage = { input: 100, output: 10 } }: ScriptedReply) {
  if (usage === null) return { usage: null };
  const { input, output, cached = 0, cacheWrite = 0, reasoning = 0 } = usage;
  return {
    usage: {
      input_tokens: input,
      output_tokens: output,
      total_tokens: input + output,
      input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWrite },
      output_tokens_details: { reasoning_tokens: reasoning },
    },
  };
}

/** A whole response. */
export function responsesJson(reply: ScriptedReply) {
  const reason = { length: "max_output_tokens", content_filter: "content_filter" }[finishOf(reply)];
  return {
    id: "resp_1",
    object: "response",
    ...base(reply),
    status: reason === undefined ? "completed" : "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
    error: null,
    output: outputItems(reply),
    ...responsesUsage(reply),
  };
}

/** The same as server-sent events; `output_item.added` comes with empty content, as the real one may. */
export function* responsesStream(reply: ScriptedReply): Generator<string> {
  const response = responsesJson(reply);
  const event = (type: string, rest: object) => `event: ${type}\n${frame({ type, ...rest })}`;
  yield event("response.created", { response: { ...response, status: "in_progress", output: [] } });
  for (const delta of halves(reply.text ?? "")) yield event("response.output_text.delta", { delta });
  for (const [output_index, item] of response.output.entries()) {
    yield event("response.output_item.added", {
      output_index,
      item: { ...item, ...("encrypted_content" in item ? { encrypted_content: "incomplete" } : {}) },
    });
    yield event("response.output_item.done", { output_index, item });
  }
  const type = response.status === "completed" ? "response.completed" : "response.incomplete";
  yield event(type, { response });
}

/** One server-sent event. */
export const frame = (data: object) => `data: ${JSON.stringify(data)}\n\n`;

/** A text in two pieces; nothing for an empty one. */
export const halves = (text: string): string[] =>
  text.length < 2
    ? [text].filter((part) => part !== "")
    : [text.slice(0, text.length >> 1), text.slice(text.length >> 1)];
