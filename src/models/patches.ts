import type { Call, Message } from "../ledger/message.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ModelRequest } from "./model.ts";

/**
 * Is the model fluent in patches? OpenAI's are from GPT-5 on; others fail every second one. Only the Responses wire has
 * tools of free text with a grammar, and few servers of one's own have them.
 */
export const writesPatches = ({ wire, model, selfHosted, applyPatch }: Endpoint): boolean =>
  wire === "responses" && (applyPatch ?? (!selfHosted && /(?:^|\/)gpt-(?:[5-9]|[1-9]\d)(?![\d])/.test(model)));

/** The same request for a server that knows no tools of free text: their input is a function's argument. */
export const withoutFreeText = (request: ModelRequest): ModelRequest => ({
  ...request,
  tools: request.tools.map(({ name, about, schema }) => ({ name, about, schema })),
  messages: request.messages.map((message): Message =>
    message.role === "assistant" ? { ...message, calls: message.calls.map(asFunction) } : message,
  ),
});

function asFunction(call: Call): Call {
  const { custom, ...plain } = call;
  return custom ? plain : call;
}
