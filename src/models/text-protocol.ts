import type { Call, Message } from "../ledger/message.ts";
import type { ModelRequest, ToolSpec } from "./model.ts";
import { replayedInput } from "./settle.ts";

/**
 * The same request for a server that breaks on the calls of its own model: it is told of no tools, the model is, and writes
 * calls as text, which `text-rescue.ts` reads. Pure, so that a longer history still begins with the shorter one.
 */
export const asText = (request: ModelRequest): ModelRequest => ({
  ...request,
  tools: [],
  messages: request.messages.map((message) => worded(message, request.tools)),
});

function worded(message: Message, tools: readonly ToolSpec[]): Message {
  switch (message.role) {
    case "system":
      return { ...message, text: `${message.text}\n\n${protocol(tools)}` };
    case "user":
      return message;
    case "assistant":
      return { ...message, text: [message.text, ...message.calls.map(callText)].filter(Boolean).join("\n"), calls: [] };
    case "tool":
      return { role: "user", origin: "harness", text: `Answer of ${message.name}:\n${message.text}` };
  }
}

const callText = (call: Call): string =>
  `<tool_call>\n${JSON.stringify({ name: call.name, arguments: replayedInput(call) })}\n</tool_call>`;

const protocol = (tools: readonly ToolSpec[]): string =>
  [
    "Call a tool by ending your reply with exactly this, on lines of its own, as one JSON object:",
    '<tool_call>\n{"name": "<tool>", "arguments": {…}}\n</tool_call>',
    "The tools, one JSON object each:",
    ...tools.map(({ name, about, schema }) => JSON.stringify({ name, description: about, parameters: schema })),
  ].join("\n");
