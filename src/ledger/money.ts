import type { MoneyMove, Scope } from "../store/store.ts";
import type { Event } from "./events.ts";

/** Who is charged: the run that asks, the process that asks for it, and the accounts at this moment. */
interface Payer {
  readonly run: string;
  readonly owner: string;
  readonly scopes: () => readonly Scope[];
}

/**
 * What a fact about a request means for the accounts: a request sets aside the most it may cost, its reply settles that at
 * the price, a failure at nothing, or at all of it when it may have been billed. So whoever records a request has reserved
 * it, in the same transaction, and nobody can forget to.
 */
function moneyOf(event: Event, { run, owner, scopes }: Payer): readonly MoneyMove[] {
  switch (event.type) {
    case "model.requested": {
      const id = `${run} ${event.session}`;
      // Without a known price nothing is set aside; what an earlier request left unanswered is paid all the same.
      if (event.reserved === null) return [{ kind: "settle", id, nano: null, scopes: [] }];
      return [{ kind: "reserve", id, owner, nano: event.reserved, scopes: scopes() }];
    }
    case "model.failed":
      return [
        { kind: "settle", id: `${run} ${event.session}`, nano: event.billable ? (event.cost ?? null) : 0, scopes: [] },
      ];
    case "model.replied":
      return [{ kind: "settle", id: `${run} ${event.session}`, nano: event.cost, scopes: scopes() }];
    default:
      return [];
  }
}

/** The money of one writer: which accounts its requests are charged to, and which of them have no answer yet. */
export interface Purse {
  charge(scopes: () => readonly Scope[]): void;
  /** What facts mean for the accounts; nothing while no account is charged. */
  moves(facts: readonly Event[]): readonly MoneyMove[];
  /** To be told once these are stored. */
  moved(moves: readonly MoneyMove[]): void;
  /** What nobody waits for any more when the writer goes: it may have been billed, so it is taken for paid. */
  unanswered(): readonly MoneyMove[];
}

export function openPurse(writer: Pick<Payer, "run" | "owner">): Purse {
  let charged: Payer["scopes"] | null = null;
  const open = new Set<string>();
  return {
    charge: (scopes) => void (charged = scopes),
    moves(facts) {
      const scopes = charged;
      return scopes === null ? [] : facts.flatMap((fact) => moneyOf(fact, { ...writer, scopes }));
    },
    moved(moves) {
      for (const { kind, id } of moves) {
        if (kind === "reserve") open.add(id);
        else open.delete(id);
      }
    },
    unanswered: () => [...open].map((id) => ({ kind: "settle", id, nano: null, scopes: [] })),
  };
}
