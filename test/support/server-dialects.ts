import type { Fault } from "./model-server.ts";

/** A call as a scenario wants it said. */
export interface Said {
  readonly text?: string;
  readonly thinking?: string;
  readonly calls?: readonly { readonly name: string; readonly args: Record<string, unknown> }[];
}

/** How one server product answers, as far as it differs from the others. Shapes as their sources and issues show them. */
export interface ServerDialect {
  readonly name: string;
  /** A server of one's own is asked without a stream while there are tools. */
  readonly selfHosted: boolean;
  /** A whole reply, streamed or not. */
  readonly reply: (said: Said, streaming: boolean) => Fault;
  /** Tokens it says it used for every reply; null where it says nothing that can be believed. */
  readonly usage: { readonly uncached: number; readonly cached: number; readonly output: number } | null;
  /** What it answers to a history that does not fit; null where it answers 200 and cuts the history. */
  readonly overflow: Fault | null;
  readonly busy: Fault;
  readonly noSuchModel: Fault;
}

const json = (body: object): Fault => ({ fault: "raw", contentType: "application/json", body: JSON.stringify(body) });
const events = (frames: readonly (object | string)[]): Fault => ({
  fault: "raw",
  contentType: "text/event-stream; charset=utf-8",
  body: frames.map((frame) => (typeof frame === "string" ? frame : `data: ${JSON.stringify(frame)}\n\n`)).join(""),
});
const status = (code: number, body: unknown, headers: Record<string, string> = {}): Fault => ({
  fault: "status",
  status: code,
  body,
  headers,
});

const whole = (message: object, rest: object, finish_reason: string): Fault =>
  json({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "served-model",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason, logprobs: null }],
    ...rest,
  });

const finishOf = ({ calls = [] }: Said) => (calls.length > 0 ? "tool_calls" : "stop");
const callsOf = ({ calls = [] }: Said, id: (index: number) => string, extra: (index: number) => object = () => ({})) =>
  calls.map(({ name, args }, index) => ({
    id: id(index),
    type: "function",
    function: { name, arguments: JSON.stringify(args) },
    ...extra(index),
  }));

const vllm: ServerDialect = {
  name: "vLLM",
  selfHosted: true,
  usage: { uncached: 100, cached: 0, output: 10 },
  reply: (said) =>
    whole(
      {
        content: said.text ?? null,
        refusal: null,
        annotations: null,
        audio: null,
        function_call: null,
        tool_calls: callsOf(said, (index) => `chatcmpl-tool-${index}f3a`),
        reasoning_content: said.thinking ?? null,
      },
      {
        usage: { prompt_tokens: 100, total_tokens: 110, completion_tokens: 10, prompt_tokens_details: null },
        prompt_logprobs: null,
        kv_transfer_params: null,
      },
      finishOf(said),
    ),
  overflow: status(400, {
    error: {
      message:
        "This model's maximum context length is 4096 tokens. However, your request has 9000 input tokens. Please reduce the length of the input messages. (parameter=input_tokens, value=9000)",
      type: "BadRequestError",
      param: "input_tokens",
      code: 400,
    },
  }),
  busy: status(503, { error: { message: "Server queue is full", type: "ServiceUnavailableError", code: 503 } }),
  noSuchModel: status(404, {
    error: { message: "The model `x` does not exist.", type: "NotFoundError", param: "model", code: 404 },
  }),
};

const sglang: ServerDialect = {
  name: "SGLang",
  selfHosted: true,
  usage: { uncached: 40, cached: 60, output: 10 },
  reply: (said) =>
    whole(
      {
        content: said.text ?? null,
        reasoning_content: said.thinking ?? null,
        tool_calls: said.calls
          ? callsOf(
              said,
              (index) => `call_${index}b2c4`,
              (index) => ({ index }),
            )
          : null,
      },
      {
        usage: {
          prompt_tokens: 100,
          total_tokens: 110,
          completion_tokens: 10,
          prompt_tokens_details: { cached_tokens: 60 },
          reasoning_tokens: 0,
        },
        metadata: { weight_version: "default" },
      },
      finishOf(said),
    ),
  overflow: status(400, {
    object: "error",
    message: "The input (9000 tokens) is longer than the model's context length (4096 tokens).",
    type: "BadRequestError",
    param: null,
    code: 400,
  }),
  busy: status(503, {
    object: "error",
    message: "The request queue is full.",
    type: "service_unavailable",
    code: 503,
  }),
  noSuchModel: status(404, { object: "error", message: "Model 'x' not found", type: "NotFound", code: 404 }),
};

const llamaCpp: ServerDialect = {
  name: "llama.cpp",
  selfHosted: true,
  usage: { uncached: 40, cached: 60, output: 10 },
  reply: (said) =>
    whole(
      {
        content: said.text ?? "",
        ...(said.thinking === undefined ? {} : { reasoning_content: said.thinking }),
        ...(said.calls ? { tool_calls: callsOf(said, (index) => `Xq${index}zPdSJ`) } : {}),
      },
      {
        system_fingerprint: "b6907-1234abcd",
        usage: { completion_tokens: 10, prompt_tokens: 100, total_tokens: 110 },
        timings: { cache_n: 60, prompt_n: 40, prompt_ms: 12.5, predicted_n: 10, predicted_ms: 100.1 },
      },
      finishOf(said),
    ),
  overflow: status(400, {
    error: {
      code: 400,
      message: "the request exceeds the available context size, try increasing it",
      type: "exceed_context_size_error",
      n_prompt_tokens: 9000,
      n_ctx: 4096,
    },
  }),
  busy: status(503, { error: { code: 503, message: "Loading model", type: "unavailable_error" } }),
  noSuchModel: status(404, { error: { code: 404, message: "model not found", type: "not_found_error" } }),
};

const ollama: ServerDialect = {
  name: "Ollama",
  selfHosted: true,
  usage: { uncached: 100, cached: 0, output: 10 },
  reply: (said) =>
    whole(
      {
        content: said.text ?? "",
        ...(said.thinking === undefined ? {} : { reasoning: said.thinking }),
        // Every call under index 0, arguments as an object, and "stop" as if there were no calls.
        ...(said.calls
          ? {
              tool_calls: said.calls.map(({ name, args }, at) => ({
                id: `call_${at}yub`,
                index: 0,
                type: "function",
                function: { name, arguments: args },
              })),
            }
          : {}),
      },
      { system_fingerprint: "fp_ollama", usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } },
      "stop",
    ),
  overflow: null,
  busy: status(503, {
    error: {
      message: "server busy, please try again.  maximum pending requests exceeded",
      type: "api_error",
      param: null,
      code: null,
    },
  }),
  noSuchModel: status(404, {
    error: { message: 'model "x" not found, try pulling it first', type: "not_found_error", param: null, code: null },
  }),
};

const lmStudio: ServerDialect = {
  name: "LM Studio",
  selfHosted: true,
  usage: null,
  reply: (said) =>
    whole(
      {
        content: `${said.thinking === undefined ? "" : `<think>${said.thinking}</think>\n\n`}${said.text ?? ""}`,
        tool_calls: callsOf(said, (index) => `48151623${index}`),
      },
      {
        stats: {},
        system_fingerprint: "served-model",
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
      finishOf(said),
    ),
  overflow: status(400, {
    error:
      "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough.",
  }),
  busy: status(429, { error: "Too many requests: the queue is full" }),
  noSuchModel: status(404, {
    error: { message: "No models loaded. Please load a model in the developer page.", type: "invalid_request_error" },
  }),
};

const openRouter: ServerDialect = {
  name: "OpenRouter",
  selfHosted: false,
  usage: { uncached: 40, cached: 60, output: 10 },
  reply(said) {
    const chunk = (delta: object, finish_reason: string | null = null, rest: object = {}) => ({
      id: "gen-1",
      provider: "SomeHost",
      model: "maker/served-model",
      object: "chat.completion.chunk",
      created: 1,
      choices: [{ index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason, logprobs: null }],
      ...rest,
    });
    return events([
      ": OPENROUTER PROCESSING\n\n",
      ...(said.thinking === undefined ? [] : [chunk({ reasoning: said.thinking, reasoning_details: [{}] })]),
      ": OPENROUTER PROCESSING\n\n",
      ...(said.text === undefined ? [] : [chunk({ content: said.text })]),
      ...callsOf(
        said,
        (index) => `toolu_${index}01`,
        (index) => ({ index }),
      ).map((call) => chunk({ tool_calls: [call] })),
      chunk({}, finishOf(said)),
      // The reason comes a second time, with the usage.
      chunk({}, finishOf(said), {
        usage: {
          prompt_tokens: 100,
          completion_tokens: 10,
          total_tokens: 110,
          cost: 0.00012,
          is_byok: false,
          prompt_tokens_details: { cached_tokens: 60 },
          completion_tokens_details: { reasoning_tokens: 0 },
        },
      }),
      "data: [DONE]\n\n",
    ]);
  },
  overflow: status(400, {
    error: {
      message:
        "This endpoint's maximum context length is 4096 tokens. However, you requested about 9000 tokens. Please reduce the length of either one.",
      code: 400,
      metadata: { provider_name: null },
    },
    user_id: "user_1",
  }),
  // The status says all is well, the body that it is not.
  busy: json({ error: { message: "Provider returned error", code: 503 }, user_id: "user_1" }),
  noSuchModel: status(400, { error: { message: "x is not a valid model ID", code: 400 }, user_id: "user_1" }),
};

/** The six products that claw is asked to work with, besides the providers' own wires. */
export const serverDialects: readonly ServerDialect[] = [vllm, sglang, llamaCpp, ollama, lmStudio, openRouter];
