import type { ModelChoice } from "./endpoint.ts";

/**
 * Every provider, by its wire. Each is loaded only when chosen: start-up time is counted.
 * To add one: a file in this folder, a line here, and its wire in `endpoint.ts`.
 */
export const providers = {
  anthropic: async () => (await import("./anthropic-messages.ts")).connectAnthropic,
  chat: async () => (await import("./openai-chat.ts")).connectChat,
  responses: async () => (await import("./openai-responses.ts")).connectResponses,
  scripted: async () => (await import("./scripted.ts")).connectScripted,
} as const satisfies Record<ModelChoice["wire"], () => Promise<unknown>>;
