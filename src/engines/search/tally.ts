import type { EventOf } from "../../ledger/events.ts";
import { headline, plural } from "../../text.ts";
import { type Lab, MAX_TIMEOUTS } from "./lab.ts";
import type { Candidate } from "./candidates.ts";
import type { Fate, Verdict } from "./validate.ts";

/** Why the search, or one wave of it, came to its end. */
export type Stop = EventOf<"search.tried">["why"];

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

/** Rank in the order of trying of the first candidate that passed, from 1; 0 when none did. */
export const rankOfFirst = ({ verdicts }: Tally): number => verdicts.findIndex(({ fate }) => fate === "plausible") + 1;

/** Did too many changes around this one never end? */
export const isHopeless = ({ verdicts }: Tally, { place }: Candidate): boolean =>
  verdicts.filter(({ fate, candidate }) => fate === "timeout" && candidate.place === place).length >= MAX_TIMEOUTS;

/** One fact per wave that was begun; the last one says why the search stopped. */
export const waveEvents = ({ verdicts, waveMs }: Tally, why: Stop): EventOf<"search.tried">[] =>
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
export function describeFind(
  { failing, files }: Pick<Lab, "failing" | "files">,
  { candidate, heldOut }: Verdict,
  tally: Tally,
): string {
  const { path, line, start, end, text, operator, suspicious } = candidate;
  const before = files.find((file) => file.path === path)?.text.slice(start, end) ?? "";
  const change =
    before === ""
      ? `put in "${oneLine(text)}"`
      : text === ""
        ? `took out "${oneLine(before)}"`
        : `"${oneLine(before)}" became "${oneLine(text)}"`;
  return [
    "Found by search, not by understanding: review it.",
    "",
    `In ${path}, line ${line}, ${change} (${operator}). The first that passed the tests was number ${rankOfFirst(tally)} of ${plural(tally.verdicts.length, "change")} tried; ${countOf(tally.verdicts, "plausible")} passed.`,
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
