import { randomBytes } from "node:crypto";

/** The only source of time and ids, so that tests and replays can bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A new run id: ten characters, sortable by time to the second, safe in a branch name. */
  newId(): string;
}

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

/** Crockford's base 32, most significant digit first, padded to `length` characters. */
function base32(value: bigint, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest >>= 5n) text = alphabet[Number(rest & 31n)] + text;
  return text;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  newId: () => base32(BigInt(Math.floor(Date.now() / 1000)), 7) + base32(randomBytes(4).readUInt32BE() === 0 ? 0n : BigInt(randomBytes(4).readUInt32BE()), 5),
};
