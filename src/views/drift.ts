import type { EventOf, Recorded } from "../ledger/events.ts";
import { ofType } from "./run.ts";

/** Something about who answers that changed in the middle of a session, though the model was asked by the same name. */
export interface Drift {
  readonly what: "model" | "installation" | "tier";
  readonly session: string;
  /** The first turn that came from the new one. */
  readonly turn: number;
  readonly from: string;
  readonly to: string;
}

const facets: readonly (readonly [Drift["what"], (reply: EventOf<"model.replied">) => string])[] = [
  ["model", ({ servedModel }) => servedModel],
  ["installation", ({ exchange }) => exchange?.fingerprint ?? ""],
  ["tier", ({ servedTier }) => servedTier ?? ""],
];

/** What drifted in a run, in order. A reply that does not say who gave it says nothing. */
export function driftIn(events: readonly Recorded[]): readonly Drift[] {
  const seen = new Map<string, string>();
  return ofType(events, "model.replied").flatMap((reply) =>
    facets.flatMap(([what, of]): Drift[] => {
      const key = `${what} ${reply.session}`;
      const [from, to] = [seen.get(key), of(reply)];
      if (to === "" || to === from) return [];
      seen.set(key, to);
      return from === undefined ? [] : [{ what, session: reply.session, turn: reply.turn, from, to }];
    }),
  );
}

/** The most changes that are told one by one. */
const TOLD = 3;

/** The same in sentences, for a report. */
export function driftNotes(events: readonly Recorded[]): readonly string[] {
  const all = driftIn(events);
  const words = { model: "who answered", installation: "the server's installation", tier: "the service tier" };
  const told = all
    .slice(0, TOLD)
    .map(
      ({ what, session, turn, from, to }) =>
        `${words[what]} changed at turn ${turn} of ${session}: ${from}, then ${to}`,
    );
  return all.length > TOLD ? [...told, `and ${all.length - TOLD} such changes more`] : told;
}
