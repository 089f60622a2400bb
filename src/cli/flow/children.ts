import type { App } from "../../app.ts";
import { systemClock } from "../../clock.ts";
import { ClawError, type Outcome } from "../../errors.ts";
import type { RunRecord } from "../../ledger/ledger.ts";
import { foldRun } from "../../views/run.ts";
import { foldSpend, shownCost } from "../../views/spend.ts";
import { waitingFor } from "../../views/waiting.ts";
import type { ChildEnd, ChildPlace, Children, ChildWork } from "../../workflows/flow/children.ts";
import type { Watch } from "../../workflows/start.ts";
import { listRuns } from "../run-list.ts";
import { stepOutputs } from "./step-outputs.ts";
import { stepRequest } from "./step-request.ts";

/** Runs of one flow that are looked at. */
const MOST = 50_000;

/** The runs of a flow's steps, as this installation makes them. */
export function childrenOf(app: App, place: ChildPlace): Children {
  return {
    async begun() {
      const ledger = await app.ledger();
      const rows = await listRuns(ledger, { parent: place.run, limit: MOST, tell: () => {} });
      const known = new Map<string, string>();
      for (const { run, broken } of rows) {
        const step = broken ? undefined : foldRun((await ledger.read(run)).events).started?.step;
        if (step !== undefined) known.set(step, run);
      }
      return known;
    },
    work: (wanted, run) => (run === null ? begin(app, place, wanted) : goOn(app, place, { wanted, run })),
  };
}

async function begin(app: App, place: ChildPlace, wanted: ChildWork): Promise<ChildEnd> {
  const { run: parent, watch } = place;
  let run: string | null = null;
  const onStart = (started: string): void => void (run = started);
  try {
    const request = await stepRequest(app, place, wanted);
    const finished = await app.start({ ...watchOf(watch, () => run), onStart, ...request, parent, step: wanted.step });
    return await endOf(app, wanted, await (await app.ledger()).read(finished.run));
  } catch (error) {
    return notBegun(app, error, { run, wanted, as: null });
  }
}

/** Ends and waits are read from the record; what else there is goes on. */
async function goOn(
  app: App,
  { watch }: ChildPlace,
  { wanted, run }: { readonly wanted: ChildWork; readonly run: string },
): Promise<ChildEnd> {
  const ledger = await app.ledger();
  try {
    const { events } = await ledger.read(run);
    const waiting = waitingFor(events);
    const undecided = waiting?.approval === null && (waiting.expires ?? Infinity) > systemClock.now();
    if (!undecided && foldRun(events).status !== "ended")
      await app.resume(
        run,
        watchOf(watch, () => run),
      );
    return await endOf(app, wanted, await ledger.read(run));
  } catch (error) {
    return notBegun(app, error, { run, wanted, as: "infrastructure" });
  }
}

/** Nobody is told of each step: of the flow they are. */
function watchOf({ signal, onDelta, onOutput, onCall, confirm, onChild }: Watch, run: () => string | null): Watch {
  return {
    signal,
    onDelta,
    onOutput,
    onCall,
    confirm,
    notify: false,
    onEvent: (event) => onChild?.(run() ?? "", event),
  };
}

/** How a run stands, and what it gives. */
async function endOf(app: App, { kind }: ChildWork, record: RunRecord): Promise<ChildEnd> {
  const { run, events } = record;
  const { end } = foldRun(events);
  const spend = foldSpend(events);
  return {
    run,
    outcome: end?.outcome ?? "interrupted",
    reason: end?.reason ?? "its process is gone",
    hint: end?.hint ?? `claw resume ${run}`,
    ...(end?.type === "run.paused" && end.after !== undefined && { after: end.after }),
    usdNano: shownCost(spend),
    tokens: spend.inputTokens + spend.outputTokens,
    outputs: await stepOutputs(await app.ledger(), kind, record),
  };
}

/** What a person can act on ends the step, or has it wait; `as` is how, where a run was there to go on with. */
async function notBegun(
  app: App,
  error: unknown,
  { run, wanted, as }: { readonly run: string | null; readonly wanted: ChildWork; readonly as: Outcome | null },
): Promise<ChildEnd> {
  if (!(error instanceof ClawError)) throw error;
  const record = run === null ? null : await (await app.ledger()).read(run);
  const { outcome, message: reason, hint } = error;
  const said = { outcome: as ?? outcome, reason, hint };
  if (!record || record.events.length === 0) return { ...said, run: null, usdNano: 0, tokens: 0, outputs: {} };
  return { ...(await endOf(app, wanted, record)), ...said };
}
