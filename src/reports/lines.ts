import { z } from "zod";
import { exitCodes, type Outcome } from "../errors.ts";
import { Event } from "../ledger/events.ts";
import { Result } from "./result.ts";

const version = z.literal(1);
const outcome = z.enum(Object.keys(exitCodes) as [Outcome, ...Outcome[]]);
const state = z.enum(["ok", "warning", "problem"]);

/** A fact of a run, as `--json` of what runs something and `claw log --json` print it while it happens. */
const EventLine = z.strictObject({
  type: z.literal("event"),
  run: z.string(),
  event: Event.and(
    z.object({
      seq: z.int().meta({ description: "Place in the run's chain, from 0." }),
      at: z.int().meta({ description: "Milliseconds since the epoch." }),
    }),
  ),
});

/** The last line of what runs something. */
const ResultLine = Result.extend({ type: z.literal("result") });

/** The last line where nothing could begin, or what had begun broke off. */
const ErrorLine = z.strictObject({
  type: z.literal("error"),
  version,
  outcome,
  exitCode: z.int(),
  message: z.string(),
  hint: z.string(),
});

const DoctorLine = z.strictObject({
  type: z.literal("doctor"),
  version,
  ok: z.boolean(),
  findings: z.array(z.strictObject({ check: z.string(), state, says: z.string(), remedy: z.string().nullable() })),
});

const NotifyLine = z.strictObject({
  type: z.literal("notify"),
  version,
  ok: z.boolean(),
  channels: z.array(
    z.strictObject({ channel: z.string(), state: z.enum(["sent", "failed", "unknown"]), detail: z.string() }),
  ),
});

/** Answers of one command each; fields are only ever added within a version. */
const AnswerLine = z.looseObject({
  type: z.string().regex(/^(?!event$|result$|error$|doctor$|notify$)[a-z][a-z-]*$/),
  version,
});

/** Every line that has a type, of every command's `--json`: published as schema/lines.schema.json. */
const Line = z.union([EventLine, ResultLine, ErrorLine, DoctorLine, NotifyLine, AnswerLine]);

/** Types are looked at to tell lines apart; what is not known yet is to be passed over. */
export const linesSchema = (): unknown => z.toJSONSchema(Line, { target: "draft-2020-12", io: "input", reused: "ref" });
