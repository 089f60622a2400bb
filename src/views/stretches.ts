import type { Recorded } from "../ledger/events.ts";
import { ofType } from "./run.ts";

/** A fact of a session. */
export type SessionFact = Extract<Recorded, { readonly session: string }>;

/** What one process did of one session: until it ended, or the process did. */
export interface Stretch {
  readonly session: string;
  readonly kind: string;
  /** Everything on record before its first fact, of this session and all others. */
  readonly before: readonly Recorded[];
  readonly facts: readonly SessionFact[];
}

/** The sessions of a run in the stretches between interruptions, in order. */
export function stretchesOf(events: readonly Recorded[]): readonly Stretch[] {
  const resumed = [0, ...ofType(events, "run.resumed").map(({ seq }) => seq), events.length];
  return ofType(events, "session.started").flatMap(({ session, kind }) =>
    resumed.slice(0, -1).flatMap((from, index): Stretch[] => {
      const facts = events
        .slice(from, resumed[index + 1])
        .filter((event): event is SessionFact => "session" in event && event.session === session);
      const [first] = facts;
      return first ? [{ session, kind, before: events.slice(0, first.seq), facts }] : [];
    }),
  );
}
