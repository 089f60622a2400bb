import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";

/** The only source of time, waiting, chance and ids, so that tests and replays can bring their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number in [0, 1). */
  random(): number;
  /** A new run id: twelve characters, sortable by second, safe in a branch name. */
  newId(): string;
}

const digits = "0123456789abcdefghjkmnpqrstvwxyz";

/** Crockford's base 32, most significant digit first, exactly `length` digits. */
function base32(value: number, length: number): string {
  let text = "";
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = digits[rest % 32] + text;
  return text;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, signal ? { signal } : {}),
  random: () => Math.random(),
  newId: () => base32(Math.floor(Date.now() / 1000), 7) + base32(randomInt(32 ** 5), 5),
};
