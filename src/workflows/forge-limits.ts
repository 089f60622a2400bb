import type { Clock } from "../clock.ts";
import type { Place } from "../forge/forge.ts";
import type { RunLog } from "../ledger/ledger.ts";

/** What is asked of a forge on a run's behalf. */
export interface ForgeCall {
  readonly signal: AbortSignal;
  /** Told before a rate limit is waited out. */
  readonly onWait: (seconds: number) => void;
  /** Told when the repository is found under another name, before anything is asked of that one. */
  readonly onMoved: (from: string, to: string) => void;
  /** The longest such wait, in milliseconds. */
  readonly patienceMs: number;
}

/** A forge that limits requests is waited for as long as the run has time, and until when is there for all to see. */
export function limitsOnRecord(
  clock: Clock,
  log: RunLog,
  { place, signal, until }: { readonly place: Place; readonly signal: AbortSignal; readonly until: number },
): ForgeCall {
  const onWait = (seconds: number): void => {
    const waits = { type: "forge.limited", host: place.host, until: Math.round(clock.now() + seconds * 1000) } as const;
    log.append(waits).catch(() => {}); // who lost the run finds out where it writes something that counts
  };
  const onMoved = (from: string, to: string): void => {
    log.append({ type: "forge.moved", host: place.host, from, to }).catch(() => {}); // as above
  };
  return { signal, onWait, onMoved, patienceMs: Math.max(0, until - clock.now()) };
}
