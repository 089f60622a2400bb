import type { EventOf } from "../../ledger/events.ts";
import type { Verdict } from "./validate.ts";

interface WaveTally {
  tried: number;
  plausible: number;
  refuted: number;
  timeouts: number;
  cpuMs: number;
  ms: number;
}

/** What has been tried so far. It changes while the search goes on. */
export interface Tally {
  readonly startedAt: number;
  tried: number;
  plausible: number;
  /** Place in the order of the first candidate that passed, from 1. */
  rankOfFirst: number | null;
  readonly waves: Map<number, WaveTally>;
  /** By place. */
  readonly timeoutsAt: Map<string, number>;
}

export const newTally = (startedAt: number): Tally => ({
  startedAt,
  tried: 0,
  plausible: 0,
  rankOfFirst: null,
  waves: new Map(),
  timeoutsAt: new Map(),
});

/** What is left alone when too many changes to it never end. */
export const placeOf = ({ path, site }: Pick<Verdict["candidate"], "path" | "site">): string => `${path}:${site}`;

/** Adds verdicts on candidates of one wave, in their order. */
export function tallied(tally: Tally, verdicts: readonly Verdict[], ms: number): void {
  const [first] = verdicts;
  if (!first) return;
  const wave = tally.waves.get(first.candidate.wave) ?? {
    tried: 0,
    plausible: 0,
    refuted: 0,
    timeouts: 0,
    cpuMs: 0,
    ms: 0,
  };
  tally.waves.set(first.candidate.wave, wave);
  wave.ms += ms;
  for (const { candidate, fate, cpuMs } of verdicts) {
    tally.tried += 1;
    wave.tried += 1;
    wave.cpuMs += cpuMs;
    if (fate === "refuted") wave.refuted += 1;
    if (fate === "plausible") {
      wave.plausible += 1;
      tally.plausible += 1;
      tally.rankOfFirst ??= tally.tried;
    }
    if (fate === "timeout") {
      wave.timeouts += 1;
      const place = placeOf(candidate);
      tally.timeoutsAt.set(place, (tally.timeoutsAt.get(place) ?? 0) + 1);
    }
  }
}

/** One fact per wave that was begun; the last one says why the search stopped. */
export function waveEvents({ waves }: Tally, why: EventOf<"search.tried">["why"]): EventOf<"search.tried">[] {
  return [...waves].map(([wave, { cpuMs, ms, ...counts }], index) => ({
    type: "search.tried",
    wave,
    ...counts,
    cpuMs: Math.round(cpuMs),
    ms: Math.round(ms),
    why: index === waves.size - 1 ? why : "exhausted",
  }));
}
