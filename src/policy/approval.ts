import type { EventOf } from "../ledger/events.ts";

/** Who decides: the name that was given, who commits there by git's settings, and the accounts it came from. */
export interface Decider {
  readonly by: string;
  readonly identity?: string | null | undefined;
  readonly login?: string | null | undefined;
  /** On the forge where the change would go; null where there is none, or it does not say. */
  readonly account?: string | null | undefined;
  /** Who says so: a forge and a token cannot be claimed, a name that was typed can. */
  readonly known?: "forge" | "token" | "typed" | undefined;
}

type Starter = Pick<EventOf<"run.started">, "initiator" | "identity" | "asker">;

/**
 * Is the one who decides the one who started the run, or asked for it? A name that was typed is only a claim, so it cannot
 * make two people of one git identity, or of one account where git names nobody. Whether an account of a forge and one of
 * this machine are the same person's nothing here can say.
 */
export function startedIt({ by, identity, login, account }: Decider, started: Starter): boolean {
  const { initiator, asker } = started;
  const claims = [started.identity, initiator, asker].some((name) => name && samePerson(by, name));
  const onForge = Boolean(account && asker && samePerson(account, asker));
  const here = login === initiator || Boolean(login && login === asker);
  return claims || onForge || (identity && started.identity ? samePerson(identity, started.identity) : here);
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
