import { systemClock } from "../../clock.ts";
import type { Access } from "./connect.ts";
import { isRequestFailure } from "./failure.ts";

/** How often a rate limit is waited out before the answer counts as a refusal. */
const MAX_WAITS = 3;
/** Where the forge limits requests and does not say until when: its documentation asks for a minute. */
const UNSAID_SECONDS = 60;

/**
 * Asks until the forge no longer limits requests, as far as anybody waits that long. A limited request was not carried out,
 * so it can be made again. Who aborts does not wait.
 */
export async function beyondLimits<T>(
  question: () => Promise<T>,
  { patienceMs, onWait, signal }: Pick<Access, "patienceMs" | "onWait" | "signal">,
): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await question();
    } catch (error) {
      const seconds = limitOf(error);
      if (seconds === null || seconds * 1000 > patienceMs || waits === MAX_WAITS) throw error;
      onWait?.(seconds);
      await systemClock.sleep(seconds * 1000, signal);
    }
  }
}

/** Seconds until the forge takes requests again; null for any other error, also for one that means a lack of rights. */
export function limitOf(error: unknown): number | null {
  if (!isRequestFailure(error) || error.status !== 403 || !error.response) return null;
  const { headers } = error.response;
  if (headers["x-ratelimit-remaining"] === "0")
    // One second more, so that it is after the reset.
    return Math.max(0, Math.ceil(Number(headers["x-ratelimit-reset"] ?? 0) - systemClock.now() / 1000)) + 1;
  const after = Number(headers["retry-after"]);
  if (after > 0) return after;
  return /secondary rate limit/i.test(error.message) ? UNSAID_SECONDS : null;
}
