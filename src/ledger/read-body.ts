import type { z } from "zod";
import { LedgerBroken } from "../errors.ts";
import { type AssistantMessage, Message } from "./message.ts";

/** What the text of a body holds as JSON of this shape. LedgerBroken for anything else: whoever stored it was not claw. */
export function readBody<Shape extends z.ZodType>(text: string, shape: Shape, what: string): z.infer<Shape> {
  try {
    const read = shape.safeParse(JSON.parse(text));
    if (read.success) return read.data;
  } catch (error) {
    // No JSON, or nested so deeply that it outgrows the stack.
    if (!(error instanceof SyntaxError) && !(error instanceof RangeError)) throw error;
  }
  throw new LedgerBroken(
    `a body that should be ${what} is none, although its hash fits`,
    "claw has never written it: do not trust this record",
  );
}

export const readMessage = (text: string): Message => readBody(text, Message, "a message");

/** The reply of a model as it lies there: put into a request again it has the same bytes. */
export function readReply(text: string): AssistantMessage {
  readBody(text, Message.options[2], "the reply of a model");
  return JSON.parse(text) as AssistantMessage;
}
