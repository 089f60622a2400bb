import type { EventOf } from "../ledger/events.ts";

/** Who decides: the name that was given, who commits there by git's settings, and the accounts it came from. */
export interface Decider {
  readonly by: string;
  readonly identity?: string | null | undefined;
  readonly login?: string | null | undefined;
  /** On the forge where the change would go; null where there is none, or it does not say. */
  readonly account?: string | null | undefined;
}

type Starter = Pick<EventOf<"run.started">, "initiator" | "identity">;

/**
 * Is the one who decides the one who started the run? A name that was typed is only a claim, so it cannot make two
 * people of one git identity, or of one account where git names nobody.
 */
export function startedIt({ by, identity, login }: Decider, started: Starter): boolean {
  const claims = [started.identity, started.initiator].some((name) => name && samePerson(by, name));
  const account = identity && started.identity ? samePerson(identity, started.identity) : login === started.initiator;
  return claims || account;
}

/** By their addresses where both have one, otherwise by name. */
function samePerson(a: string, b: string): boolean {
  const [one, other] = [parts(a), parts(b)];
  return one.mail !== "" && other.mail !== "" ? one.mail === other.mail : one.name === other.name;
}

function parts(person: string): { readonly name: string; readonly mail: string } {
  const [, name = "", mail = ""] = /^([^<]*)(?:<([^>]*)>)?/.exec(person.toLowerCase()) ?? [];
  return { name: name.trim(), mail: mail.trim() };
}

/** What an approval must be to count. */
export interface Asked {
  readonly diff: string;
  readonly now: number;
  readonly started: Starter | null;
  readonly requireDifferent: boolean;
}

/** Does this approval allow this very diff, at this moment, by somebody who may? Of another diff, it allows nothing. */
export const allows = (approval: EventOf<"approval.given">, { diff, now, started, requireDifferent }: Asked): boolean =>
  approval.diff === diff &&
  approval.expires > now &&
  !(requireDifferent && started !== null && startedIt(approval, started));
