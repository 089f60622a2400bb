import { z } from "zod";
import { event } from "./fact.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
const nano = z.int().nonnegative();
const tree = z.string();

/** What a person does in a session with a model, and how each of their turns ended. Past tense, never changed, only added to. */
export const chatEvents = [
  /** A person stopped the model: what it had said by then is a message of its own, null when it had said nothing. */
  event("turn.interrupted", { session: z.string(), by: z.string(), said: sha.nullable() }),
  /**
   * The model rests, and it is the person's turn. "failed": no reply could be had. `tree` is what the session's workspace
   * holds then.
   */
  event("turn.ended", {
    session: z.string(),
    how: z.enum(["answered", "interrupted", "failed", "over-budget", "stuck"]),
    detail: z.string(),
    tree,
  }),
  /** A person took the changes of a turn back: the workspace went from one tree to another. */
  event("turn.undone", { session: z.string(), by: z.string(), from: tree, to: tree }),
  /** From here on another model answers. `choice` is as the person wrote it. */
  event("model.chosen", { session: z.string(), by: z.string(), choice: z.string(), label: z.string() }),
  /** A person set the run's own limit in money anew, in nano-dollars. */
  event("budget.changed", { by: z.string(), usdNano: nano }),
] as const;
