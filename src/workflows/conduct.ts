import { ClawError, machineFailure, restingOutcomes } from "../errors.ts";
import type { RunLog } from "../ledger/ledger.ts";
import { ModelError } from "../models/model-error.ts";
import { listedAs } from "../reports/run-row.ts";
import type { RunEnd } from "./workflow.ts";

/**
 * Runs a workflow's story to its end and records exactly one end, also when an error a person can act on ends it.
 * An error that is no ClawError is a bug of claw: the run stays resumable, and the error goes on to the top. `tell` is called
 * when the end is on record.
 */
export async function conduct(
  log: RunLog,
  signal: AbortSignal,
  story: () => Promise<RunEnd>,
  tell: (end: RunEnd) => Promise<unknown> = () => Promise.resolve(),
): Promise<RunEnd> {
  try {
    const end = await story();
    await record(log, end);
    await tell(end);
    return end;
  } catch (error) {
    const cause = signal.aborted ? signal.reason : (machineFailure(error) ?? error);
    if (!(cause instanceof ClawError)) throw cause;
    const end: RunEnd = {
      outcome: cause.outcome,
      reason: cause.message,
      hint: cause.hint.replaceAll("<run>", log.run),
      ...leftAlone(log, cause),
    };
    await record(log, end);
    await tell(end);
    return end;
  } finally {
    await log.close(listedAs(log.events));
  }
}

/** Until when a model's server wants to be left alone, where it said so. */
const leftAlone = ({ events }: RunLog, cause: ClawError): { readonly after?: number } =>
  cause instanceof ModelError && cause.afterMs !== undefined
    ? { after: Math.round((events.at(-1)?.at ?? 0) + cause.afterMs) }
    : {};

const record = (log: RunLog, { pauses, after, ...end }: RunEnd): Promise<unknown> =>
  log.append(
    pauses || restingOutcomes.includes(end.outcome)
      ? { type: "run.paused", ...end, ...(after !== undefined && { after }) }
      : { type: "run.ended", ...end },
  );
