import { z } from "zod";

const nano = z.int().nonnegative();
const rate = z.number().nonnegative();
/** What replies are priced by: hash of the price list with the tier table, and the terms of one model. */
export const prices = z.object({
  lock: z.string().regex(/^[0-9a-f]{64}$/),
  terms: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("listed"), provider: z.string() }),
    z.object({ kind: z.literal("configured"), input: rate, output: rate, cacheRead: rate, cacheWrite: rate }),
    z.object({ kind: z.literal("hourly"), usd: rate, shared: z.int() }),
    z.object({ kind: z.enum(["own-server", "recorded", "unknown"]) }),
  ]),
});
/** Limits in money that runs share, in nano-dollars; null: counted, not limited. */
export const budgets = z.object({ day: nano.nullable(), repository: nano.nullable(), fleet: nano.nullable() });
