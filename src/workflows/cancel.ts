import { ClawError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** How often a working process looks whether somebody cancelled its run, in milliseconds. */
const LOOK_MS = 1000;

const keyOf = (run: string): string => `cancel:${run}`;

/** Asks whoever works on a run, wherever that is, to stop it; its state is saved. */
export const cancelRun = (ledger: Pick<Ledger, "change">, run: string, by: string): Promise<void> =>
  ledger.change(keyOf(run), () => ({ body: by, result: undefined }));

/** Aborts once somebody cancels the run. Call `done` when the work has ended: then what was asked is forgotten. */
export function watchCancel(
  ledger: Pick<Ledger, "change">,
  run: string,
): { readonly signal: AbortSignal; readonly done: () => Promise<void> } {
  const cancelled = new AbortController();
  const look = async (): Promise<void> => {
    const by = await ledger.change(keyOf(run), (body) => ({ body, result: body })).catch(() => null);
    if (by !== null && !cancelled.signal.aborted)
      cancelled.abort(
        new ClawError(`cancelled by ${by}`, {
          outcome: "interrupted",
          hint: "to go on all the same: claw resume <run>",
        }),
      );
  };
  const timer = setInterval(() => void look(), LOOK_MS);
  return {
    signal: cancelled.signal,
    done: async () => {
      clearInterval(timer);
      if (cancelled.signal.aborted)
        await ledger.change(keyOf(run), () => ({ body: null, result: undefined })).catch(() => {});
    },
  };
}
