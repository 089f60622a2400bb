import { z } from "zod";

const sha = z.string().regex(/^[0-9a-f]{64}$/);
/**
 * `by` is the name that was given; `identity` who commits there by git's settings, `login` the account of this machine it
 * came from, `account` the one on the forge whose token was at hand, like "ada at github.com".
 */
const decider = {
  by: z.string(),
  identity: z.string().nullable().optional(),
  login: z.string().nullable().optional(),
  account: z.string().nullable().optional(),
  /** Who says that it is they: the forge, for a comment there; a token that is theirs alone; or they themselves, who typed it. */
  known: z.enum(["forge", "token", "typed"]).optional(),
};

/** Address of the comment that the decision was written in, where it was. */
const written = { source: z.string().optional() };

/** A person allows exactly this change, until then (milliseconds since the epoch). */
export const approvalGiven = z.object({
  type: z.literal("approval.given"),
  diff: sha,
  expires: z.int(),
  ...decider,
  ...written,
});

export const approvalRefused = z.object({
  type: z.literal("approval.refused"),
  diff: sha,
  reason: z.string(),
  ...decider,
  ...written,
});

/** Nobody decided about it in time. */
export const approvalExpired = z.object({ type: z.literal("approval.expired"), diff: sha, expires: z.int() });

/** Bodies that a person had taken out for good, after they were recorded. Their hashes stay where they were. */
export const bodiesRedacted = z.object({
  type: z.literal("bodies.redacted"),
  redacted: z.array(sha),
  reason: z.string(),
  ...decider,
});

/** The prompt files of the release against claw.lock of the base commit. `by` and `at` are null for one that nobody approved as it is. */
export const promptsJudged = z.object({
  type: z.literal("prompts.judged"),
  required: z.boolean(),
  verdict: z.enum(["allow", "deny"]),
  prompts: z.array(z.object({ name: z.string(), sha, by: z.string().nullable(), at: z.string().nullable() })),
});
