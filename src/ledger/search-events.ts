import { z } from "zod";
import { event } from "./fact.ts";

/** What the search engine did. Past tense, never changed, only added to. */
export const searchEvents = [
  /** One wave of the search engine. CPU time is that of all processes it started. */
  event("search.tried", {
    wave: z.int(),
    tried: z.int(),
    plausible: z.int(),
    refuted: z.int(),
    timeouts: z.int(),
    cpuMs: z.number(),
    ms: z.number(),
    why: z.enum(["found", "exhausted", "limits", "attempts"]),
  }),
  /** A change that the search engine asks claw to check. */
  event("search.found", {
    path: z.string(),
    line: z.int(),
    operator: z.string(),
    suspicious: z.boolean(),
    rank: z.int(),
    tried: z.int(),
    heldOut: z.int(),
    failing: z.int(),
  }),
] as const;
