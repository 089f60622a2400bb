import { z } from "zod";

/** A call the model asked for. `args` is the parsed, canonical form, the only one that is ever replayed; null when malformed. */
export const Call = z.object({
  id: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()).nullable(),
  /** Why the call cannot be executed: told to the model, never executed. */
  error: z.string().optional(),
  /** Names of the arguments of a call that cannot be executed: all that is replayed of it. */
  sent: z.array(z.string()).optional(),
  /** It came as free text, not as a function's arguments, and is replayed as that. */
  custom: z.literal(true).optional(),
  /** Names of the repairs that made the arguments readable, for the record. */
  repairs: z.array(z.string()).default([]),
});
export type Call = z.infer<typeof Call>;

/** The only transcript: append-only, provider-neutral. A session's history is a list of these, each a blob. */
export const Message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("system"), text: z.string() }),
  z.object({ role: z.literal("user"), origin: z.enum(["task", "harness", "person"]), text: z.string() }),
  z.object({
    role: z.literal("assistant"),
    text: z.string(),
    calls: z.array(Call),
    /** Reasoning items exactly as the provider sent them; replayed verbatim, and only to the same endpoint and model. */
    reasoning: z.object({ endpoint: z.string(), model: z.string(), items: z.array(z.unknown()) }).optional(),
  }),
  z.object({ role: z.literal("tool"), callId: z.string(), name: z.string(), ok: z.boolean(), text: z.string() }),
]);
export type Message = z.infer<typeof Message>;
export type AssistantMessage = Extract<Message, { role: "assistant" }>;

/** Token counts as disjoint parts, so that each is priced once. */
export const Usage = z.object({
  inputUncached: z.int().nonnegative(),
  inputCacheRead: z.int().nonnegative(),
  inputCacheWrite: z.int().nonnegative(),
  outputVisible: z.int().nonnegative(),
  outputReasoning: z.int().nonnegative(),
  /** `estimated` when the server reported nothing usable, or the stream was cut. */
  source: z.enum(["provider", "estimated"]),
});
export type Usage = z.infer<typeof Usage>;
