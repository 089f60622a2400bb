import type { EventOf } from "../../ledger/events.ts";
import { MAX_TIMEOUTS } from "./lab.ts";
import type { Candidate } from "./candidates.ts";
import type { Fate, Verdict } from "./validate.ts";

/** What has been tried so far. It grows while the search goes on. */
export interface Tally {
  readonly startedAt: number;
  /** In the order of the candidates. */
  readonly verdicts: Verdict[];
  /** How long each wave took, in milliseconds. */
  readonly waveMs: Map<number, number>;
}

export const countOf = (verdicts: readonly Verdict[], wanted: Fate): number =>
  verdicts.filter(({ fate }) => fate === wanted).length;

/** Place in the order of the first candidate that passed, from 1; 0 when none did. */
export const rankOfFirst = ({ verdicts }: Tally): number => verdicts.findIndex(({ fate }) => fate === "plausible") + 1;

/** What is left alone when too many changes to it never end. */
export const placeOf = ({ path, site }: Pick<Candidate, "path" | "site">): string => `${path}:${site}`;

/** Did too many changes around this one never end? */
export const isHopeless = ({ verdicts }: Tally, candidate: Candidate): boolean =>
  verdicts.filter(({ fate, candidate: tried }) => fate === "timeout" && placeOf(tried) === placeOf(candidate)).length >=
  MAX_TIMEOUTS;

/** One fact per wave that was begun; the last one says why the search stopped. */
export function waveEvents(
  { verdicts, waveMs }: Tally,
  why: EventOf<"search.tried">["why"],
): EventOf<"search.tried">[] {
  return [...waveMs].map(([wave, ms], index) => {
    const mine = verdicts.filter(({ candidate }) => candidate.wave === wave);
    return {
      type: "search.tried",
      wave,
      tried: mine.length,
      plausible: countOf(mine, "plausible"),
      refuted: countOf(mine, "refuted"),
      timeouts: countOf(mine, "timeout"),
      cpuMs: Math.round(mine.reduce((sum, { cpuMs }) => sum + cpuMs, 0)),
      ms: Math.round(ms),
      why: index === waveMs.size - 1 ? why : "exhausted",
    };
  });
}
