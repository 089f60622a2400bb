import { z } from "zod";

const sha = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What one attempt sent and got, so that a replay can be compared byte for byte. The request is not kept a second time:
 * its messages, its tools and what is said here make it again, and its hash tells whether that succeeded.
 */
export const Exchange = z.object({
  /** Of the turn, from 1. */
  attempt: z.int().min(1),
  /** Below the endpoint's address. */
  path: z.string(),
  streamed: z.boolean(),
  /** Parameters that the server turned out not to know, and that were left out of this request. */
  leftOut: z.array(z.string()),
  /** The longest reply the server gives, in tokens, where it turned out to be less than was wanted. */
  mostTokens: z.int().optional(),
  /** Of the sampling, where it was raised because the server could not read the model's calls. */
  temperature: z.number().optional(),
  /** The service tier that was asked for, where it was not the usual one. */
  serviceTier: z.string().optional(),
  /** Of the body as it was sent. */
  request: z.object({ sha, bytes: z.int() }),
  /** Null when no reply began. */
  status: z.int().nullable(),
  /** Only those that say who answered, for how long and what is left of a limit. */
  headers: z.record(z.string(), z.string()),
  /** As much of the reply as came. `body` is its text; left out where a secret was in it, or what it said is unknown. */
  response: z.object({ sha, bytes: z.int(), body: sha.optional() }).nullable(),
  /** The version of the model's installation, where the server names it. */
  fingerprint: z.string().optional(),
  ms: z.number(),
});
export type Exchange = z.infer<typeof Exchange>;
