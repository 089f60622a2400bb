import type { Reply, ToolSpec } from "../model.ts";
import type { ServerKind } from "./facts.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

/** A tool of the shape claw's own have: flat, closed, everything required. */
export const note: ToolSpec = {
  name: "note",
  about: "Keep a note.",
  schema: {
    type: "object",
    properties: { text: { type: "string" }, count: { type: "integer" } },
    required: ["text", "count"],
    additionalProperties: false,
  },
};

/** What breaks when JSON is put together by hand: quotes, a line break, a backslash, letters beyond ASCII. */
const awkward = 'if (a === "b") {\n  return "C:\\\\dir \u00fc";\n}';

export const oneCall = `Call the tool note once, now. Its count is 7. Its text is exactly what stands between the marks:\n<<<\n${awkward}\n>>>`;
export const twoCalls =
  'Call the tool note twice in this one reply, now: once with text "first" and count 1, once with text "second" and count 2.';

/** How to make a server hand calls on as calls. */
function remedy(kind: ServerKind): string {
  switch (kind) {
    case "vllm":
      return "start vLLM with --enable-auto-tool-choice --tool-call-parser <the model's: hermes, qwen3_coder, …>";
    case "sglang":
      return "start SGLang with --tool-call-parser <the model's: qwen25, llama3, …>";
    case "llamacpp":
      return "start llama.cpp with --jinja, and a model whose chat template knows tools";
    case "ollama":
      return "choose a model that has tools: ollama show <model> lists its capabilities";
    case "lmstudio":
      return "choose a model that LM Studio marks as trained for tool use";
    case "tgi":
    case "other":
      return "choose a model that was trained for tool calls, and turn on the server's parser for them";
  }
}

export interface CallShape {
  readonly finding: Finding;
  readonly toolCalls: "native" | "text" | "none";
  readonly validJson: boolean | null;
}

/** What became of one call that was asked for. */
export function callShape({ message }: Pick<Reply, "message">, kind: ServerKind): CallShape {
  const [call] = message.calls;
  if (!call) {
    const inWords = /<tool_call>|<function=|\[TOOL_CALLS\]|<\|python_tag\|>|"name"\s*:\s*"note"|\bnote\s*\(/.test(
      message.text,
    );
    const text = inWords
      ? "the call came back as words, in a form that cannot be told from a mention"
      : "the tools were ignored: it answered in words";
    return { finding: problem("tool call", text, remedy(kind)), toolCalls: "none", validJson: null };
  }
  const toolCalls = call.repairs.includes("text-rescue") ? "text" : "native";
  const mended = call.repairs.filter((repair) => repair !== "text-rescue");
  const shape = { toolCalls, validJson: call.args !== null && mended.length === 0 } as const;
  if (call.args === null)
    return {
      ...shape,
      finding: problem("tool call", `its arguments cannot be read: ${call.error ?? "no JSON"}`, remedy(kind)),
    };
  if (toolCalls === "text")
    return {
      ...shape,
      finding: warning("tool call", "calls come back as words; claw can read them, the server does not", remedy(kind)),
    };
  if (mended.length > 0)
    return {
      ...shape,
      finding: warning("tool call", `its arguments had to be mended (${mended.join(", ")})`, remedy(kind)),
    };
  if (call.name !== note.name || call.args["text"] !== awkward)
    return {
      ...shape,
      finding: warning(
        "tool call",
        "a call with valid JSON, whose text is not the one that was asked for",
        "a larger model copies more exactly",
      ),
    };
  return { ...shape, finding: ok("tool call", "a call with valid JSON, quotes and line breaks unharmed") };
}

/** Does a reply with two calls keep both? */
export function twoShape({ message }: Pick<Reply, "message">): {
  readonly finding: Finding;
  readonly parallel: boolean;
} {
  const texts = message.calls.map(({ args }) => args?.["text"]);
  const ids = new Set(message.calls.map(({ id }) => id));
  if (message.calls.length < 2)
    return {
      finding: warning(
        "parallel calls",
        `asked for two calls, it made ${message.calls.length}: sessions take more turns`,
      ),
      parallel: false,
    };
  const whole = texts.includes("first") && texts.includes("second") && ids.size === message.calls.length;
  return whole
    ? { finding: ok("parallel calls", "two calls in one reply, both whole"), parallel: true }
    : {
        finding: warning(
          "parallel calls",
          "two calls in one reply, and their arguments are mixed up",
          "update the server: streamed parallel calls were a known fault of several",
        ),
        parallel: false,
      };
}
