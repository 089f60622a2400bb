import type { ListedAs, Listing } from "../../store/run-index.ts";
import type { Row } from "../../store/store.ts";
import { LedgerBroken } from "../../errors.ts";
import type { Recorded } from "../events.ts";
import { recordedIn, typeOfStored } from "../recorded.ts";

/** Works out how a run is listed, fact by fact: what that is lies above the ledger. */
export interface Lister {
  /** Types of facts that it asks for. */
  readonly by: ReadonlySet<string>;
  fold(): {
    add(event: Recorded): void;
    /** Null as long as the run has no beginning. */
    listed(): ListedAs | null;
  };
}

/** Compares how a run is listed with what its events say. */
export interface ListingCheck {
  add(row: Row): void;
  /** One clause on what does not agree; null when all does. `events`: how many there are. */
  problem(events: number): string | null;
}

/** `listing` was read before the first event. One that is older than the events is looked at as of then. */
export function checkListing({ entry, upTo }: Listing, lister: Lister): ListingCheck {
  const fold = lister.fold();
  let unknown = false;
  return {
    add(row) {
      if (!entry || row.seq > entry.last || unknown || !lister.by.has(typeOfStored(row.body))) return;
      const fact = factOf(row);
      if (fact) fold.add(fact);
      else unknown = true;
    },
    problem(events) {
      if (!entry) return upTo === -1 ? null : "it was taken off the list that claw runs shows";
      if (entry.last !== upTo || entry.last >= events)
        return "the list that claw runs shows has it up to another event";
      const listed = entry.last < 0 || unknown ? null : fold.listed();
      if (!listed) return null;
      const names = ["started", "workflow", "repository", "outcome", "parent", "shown"] as const;
      const wrong = names.find((name) => entry[name] !== listed[name]);
      return wrong === undefined
        ? null
        : `the list that claw runs shows has another ${words[wrong]} of it than its events`;
    },
  };
}

const words: Readonly<Record<keyof ListedAs, string>> = {
  started: "beginning",
  workflow: "workflow",
  repository: "repository",
  outcome: "outcome",
  parent: "parent",
  shown: "title, branch, cost or number of turns",
};

/** Null for a fact of a newer release, about which this one can say nothing. */
function factOf(row: Row): Recorded | null {
  try {
    return recordedIn(row);
  } catch (error) {
    if (error instanceof LedgerBroken) return null;
    throw error;
  }
}
