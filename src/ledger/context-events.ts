import { z } from "zod";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/** What is known of the model before it is asked: `body` is the record of its last probe, null without one. Tokens. */
export const modelDescribed = z.object({
  type: z.literal("model.described"),
  endpoint: z.string(),
  model: z.string(),
  /** With these a replay puts every request together as it was sent: what is spoken there, at which host and port. */
  wire: z.string().optional(),
  server: z.string().optional(),
  selfHosted: z.boolean().optional(),
  /** The longest reply that is asked for. */
  maxOutputTokens: z.int().optional(),
  window: z.int().nullable(),
  body: sha.nullable(),
  /** The run went here instead of to the model it would have asked, and why. */
  routed: z.object({ from: z.string(), why: z.string() }).optional(),
});

/** A run on the same task ended in vain before: what its record says of it is told to this one's sessions. */
export const notesOffered = z.object({ type: z.literal("notes.offered"), run: z.string(), notes: sha });

/** The session fills four fifths of the model's context. Tokens. */
export const contextAlarmed = z.object({
  type: z.literal("context.alarmed"),
  session: z.string(),
  turn: z.int(),
  tokens: z.int(),
  window: z.int(),
});

const size = z.object({ messages: z.int(), tokens: z.int() });

/**
 * Room was made in a session: from here on `transcript` is what the model is sent. "trim" leaves long answers of tools
 * out, "summary" puts the model's own summary in the place of what came first, "log" one made from the record alone.
 */
export const sessionCompacted = z.object({
  type: z.literal("session.compacted"),
  session: z.string(),
  turn: z.int(),
  /** "asked": a person wanted it. */
  cause: z.enum(["context", "alarm", "overflow", "asked"]),
  by: z.enum(["trim", "summary", "log"]),
  before: size,
  after: size,
  transcript: z.array(z.object({ message: sha })),
});

/** What a request was for, when it was no turn of the session: its reply is no part of the transcript. */
export const aside = { purpose: z.literal("summary").optional() };
