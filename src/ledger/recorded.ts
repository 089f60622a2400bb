import { LedgerBroken } from "../errors.ts";
import type { Row } from "../store/store.ts";
import { Event, type Recorded } from "./events.ts";
import { upcast } from "./upcast.ts";

/** The fact that a row holds. Throws LedgerBroken when its text is none, or none that this release knows. */
export function recordedIn({ run, seq, body }: Row): Recorded {
  const { at, ...fact } = (objectIn(body) ?? {}) as { readonly at?: unknown; readonly type?: unknown };
  if (!Number.isInteger(at) || Math.abs(Number(at)) > LAST_MS || typeof fact.type !== "string")
    throw new LedgerBroken(
      `event ${seq} of run ${run} is no fact, although its hash fits`,
      "claw has never written it: do not trust this record",
    );
  const event = factIn(fact);
  if (event) return { ...event, seq, at: Number(at) };
  throw new LedgerBroken(
    `event ${seq} of run ${run} (${fact.type.slice(0, 60)}) is not one that this claw knows`,
    "it was probably recorded by a newer claw: update this one",
  );
}

/** The furthest moment that a date can be, in milliseconds since the epoch. */
const LAST_MS = 8.64e15;

/** Null for a text that is no JSON object. */
export function objectIn(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** Null for what is no fact; what is nested thousands deep outgrows the stack, and is none either. */
function factIn(stored: object): Event | null {
  try {
    return Event.safeParse(upcast(stored)).data ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The type of a fact, from how its stored text begins; empty where it does not begin so. */
export const typeOfStored = (body: string): string => /^\{"at":\d+,"type":"([a-z.-]+)"/.exec(body)?.[1] ?? "";
