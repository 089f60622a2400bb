import type { EventOf } from "../../ledger/events.ts";
import { headline, plural } from "../../text.ts";
import { type Lab, MAX_TIMEOUTS, type Worker } from "./lab.ts";
import type { Candidate } from "./candidates.ts";
import type { Fate, Verdict, Walls } from "./validate.ts";

/** Why the search, or one wave of it, came to its end. */
export type Stop = EventOf<"search.tried">["why"];

/** One search: what it works with, and what it has tried so far. */
export interface Hunt {
  readonly lab: Lab;
  readonly workers: readonly Worker[];
  readonly walls: Walls;
  readonly startedAt: number;
  /** In the order of the candidates. */
  readonly verdicts: Verdict[];
  /** How long each wave took, in milliseconds. */
  readonly waveMs: Map<number, number>;
}

export const countOf = (verdicts: readonly Verdict[], wanted: Fate): number =>
  verdicts.filter(({ fate }) => fate === wanted).length;

/** Rank in the order of trying of the first candidate that passed, from 1; 0 when none did. */
export const rankOfFirst = ({ verdicts }: Hunt): number => verdicts.findIndex(({ fate }) => fate === "plausible") + 1;

/** Did too many changes around this one never end? */
export const isHopeless = ({ verdicts }: Hunt, { place }: Candidate): boolean =>
  verdicts.filter(({ fate, candidate }) => fate === "timeout" && candidate.place === place).length >= MAX_TIMEOUTS;

/** One fact per wave that was begun; the last one says why the search stopped. */
export const waveEvents = ({ verdicts, waveMs }: Hunt, why: Stop): EventOf<"search.tried">[] =>
  [...waveMs].map(([wave, ms], index) => {
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

/** What was found, for a reviewer: where it came from, and how far it can be trusted. */
export function describeFind(hunt: Hunt, { candidate, heldOut }: Verdict): string {
  const { failing, files } = hunt.lab;
  const { path, line, start, end, text, operator, suspicious } = candidate;
  const before = files.find((file) => file.path === path)?.text.slice(start, end) ?? "";
  const [was, is] = [oneLine(before), oneLine(text)];
  const change = was === "" ? `put in "${is}"` : is === "" ? `took out "${was}"` : `"${was}" became "${is}"`;
  return [
    "Found by search, not by understanding: review it.",
    "",
    `In ${path}, line ${line}, ${change} (${operator}). The first that passed the tests was number ${rankOfFirst(hunt)} of ${plural(hunt.verdicts.length, "change")} tried; ${countOf(hunt.verdicts, "plausible")} passed.`,
    failing.length > 1
      ? `${failing.length} failing tests pass with it.`
      : "Weak: one failing input. A second, different one would say more.",
    heldOut > 0
      ? `${plural(heldOut, "test")} kept back from the search ${heldOut === 1 ? "passes" : "pass"} with it too.`
      : "No passing test was left to keep back from the search.",
    ...(suspicious
      ? ["Suspicious: changes that delete a statement or return a constant often hide a bug instead of mending it."]
      : []),
  ].join("\n");
}

const oneLine = (text: string): string => headline(text.replace(/\s+/g, " "), 80);
