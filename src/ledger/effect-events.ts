import { z } from "zod";
import { event } from "./fact.ts";

/** What happens outside the sandbox: judged before, told after. Past tense, never changed, only added to. */
export const effectEvents = [
  event("effect.judged", {
    effect: z.string(),
    key: z.string(),
    verdict: z.enum(["allow", "deny"]),
    rule: z.string(),
    target: z.string(),
  }),
  event("effect.done", {
    effect: z.string(),
    key: z.string(),
    result: z.string(),
    /** What a session had, as a git tree, when its changes were taken over into the person's files. */
    tree: z.string().optional(),
  }),
  /** An effect that is never tried twice did not come about, or nobody knows whether it did. */
  event("effect.failed", {
    effect: z.string(),
    key: z.string(),
    state: z.enum(["failed", "unknown"]),
    reason: z.string(),
  }),
] as const;
