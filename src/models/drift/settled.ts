import type { Clock } from "../../clock.ts";
import type { Recorded } from "../../ledger/events.ts";
import { healthOf } from "../../views/health.ts";
import type { Endpoint } from "../endpoint.ts";
import type { FirstUse } from "../known.ts";
import { ModelError } from "../model-error.ts";
import type { Change, Standing } from "./standing.ts";
import { canariesDue, observed, revise, standingOf, withCanaries } from "./standing.ts";

/** Adds what a run that ended says about its models to what is known of them. */
export async function learnFrom(
  events: readonly Recorded[],
  { change }: { readonly change: Change },
  clock: Pick<Clock, "now">,
): Promise<void> {
  for (const sample of healthOf(events))
    await revise(change, sample.model, (standing) => observed(standing, sample, clock.now()));
}

/** A set of canary questions holds a run up no longer than this. */
const PATIENCE_MS = 120_000;

/**
 * What is known of a model before a run begins with it. Where somebody has let canary questions be asked once, a server of
 * one's own is asked them again when that is due: it costs nothing there. One that gives no answers is judged by the run.
 */
export async function settledStanding(
  endpoint: Endpoint,
  {
    change,
    clock,
    firstUse,
  }: { readonly change: Change; readonly clock: Clock; readonly firstUse?: FirstUse | undefined },
): Promise<Standing> {
  const model = `${endpoint.name}/${endpoint.model}`;
  const standing = await standingOf(change, model);
  const free = endpoint.selfHosted && endpoint.prices === undefined;
  if (standing.quarantine !== null || standing.canaries === null || !free) return standing;
  const { askCanaries, serverMark } = await import("./ask-canaries.ts");
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = firstUse ? AbortSignal.any([patience, firstUse.signal]) : patience;
  try {
    const due = canariesDue(standing, clock.now(), await serverMark(endpoint, signal));
    if (due === null) return standing;
    firstUse?.note(`asking ${model} its twenty canary questions (${due})`);
    const result = await askCanaries(endpoint, { clock, signal });
    return await revise(change, model, (now) => withCanaries(now, result, clock.now()));
  } catch (error) {
    firstUse?.signal.throwIfAborted();
    if (error instanceof ModelError || signal.aborted) return standing;
    throw error;
  }
}
