import { createHash, timingSafeEqual } from "node:crypto";

/** A token that is known, by its digest: comparing digests takes as long whatever was sent. */
export interface KnownToken {
  readonly person: string;
  readonly digest: Buffer;
}

const digestOf = (token: string): Buffer => createHash("sha256").update(token).digest();

export const knownToken = (person: string, token: string): KnownToken => ({ person, digest: digestOf(token) });

/** Whose token it is; null for none of them. All are compared, so that the time tells nothing. */
export function personOf(authorization: string | undefined, known: readonly KnownToken[]): string | null {
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(authorization ?? "") ?? [];
  const digest = digestOf(token);
  let person: string | null = null;
  for (const one of known) if (timingSafeEqual(one.digest, digest)) ({ person } = one);
  return token === "" ? null : person;
}

/** The names a server may be called by: whoever calls it by another was led here by a name that is not ours (DNS rebinding). */
export function isOwnHost(host: string | undefined, own: readonly string[]): boolean {
  const [name = "", port] = splitHost((host ?? "").toLowerCase());
  return own.some((one) => {
    const [ownName, ownPort] = splitHost(one.toLowerCase());
    return name !== "" && name === ownName && (ownPort === undefined || ownPort === port);
  });
}

const splitHost = (host: string): [name: string | undefined, port: string | undefined] => {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[^:\s/@]+)(?::(\d{1,5}))?$/.exec(host) ?? [];
  return [name, port];
};

/** Addresses that only this machine reaches. */
export const isLoopback = (address: string): boolean =>
  address === "localhost" || address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);

/** How many callers are remembered; more than this at once share what is left to strangers. */
const MOST_CALLERS = 1000;

/**
 * A bucket for each caller that fills up with time: so many requests a minute, and half of these at once. Gives how many
 * seconds to wait; 0: go on.
 */
export function rateLimit(perMinute: number, now: () => number): (caller: string) => number {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const most = Math.max(1, perMinute / 2);
  return (caller) => {
    const name = buckets.has(caller) || buckets.size < MOST_CALLERS ? caller : "";
    const at = now();
    const bucket = buckets.get(name) ?? { tokens: most, at };
    const tokens = Math.min(most, bucket.tokens + ((at - bucket.at) / 60_000) * perMinute);
    buckets.delete(name);
    for (const [other, { at: seen }] of buckets) {
      if (at - seen < 60_000) break;
      buckets.delete(other); // the longest unheard of come first
    }
    const enough = tokens >= 1;
    buckets.set(name, { tokens: enough ? tokens - 1 : tokens, at });
    return enough ? 0 : Math.ceil(((1 - tokens) / perMinute) * 60);
  };
}
