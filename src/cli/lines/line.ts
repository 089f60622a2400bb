import { z } from "zod";
import { exitCodes, type Outcome } from "../../errors.ts";
import { Event } from "../../ledger/events.ts";

/** How a run ended, from the closed list. */
export const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
export const count = z.int().nonnegative();
/** Milliseconds since the epoch. */
export const millis = z.int().meta({ description: "Milliseconds since the epoch." });
/** A moment as ISO 8601; null where there was none. */
export const moment = z.iso.datetime().nullable();
/** Integer nano-dollars; null where part of it has no known price. */
export const nano = z.int().nullable().meta({ description: "Nano-dollars; null when part of it has no known price." });
export const texts = z.array(z.string());

/** A line of a command's `--json` with the type and the version that every line of its kind has. Nothing else may be in it. */
export const line = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), version: z.literal(1), ...shape });

/** Who decided, as far as git, the system and the forge say it. */
export const decider = {
  by: z.string(),
  identity: z.string().nullable().optional(),
  login: z.string().nullable().optional(),
  account: z.string().nullable().optional(),
};

/** A fact of a run or a task, as the ledger has it. */
export const Fact = Event.and(
  z.object({ seq: z.int().meta({ description: "Place in the run's chain, from 0." }), at: millis }),
);
