import type { Recorded } from "../ledger/events.ts";

/**
 * The most tokens a request of so many bytes can have. No tokeniser makes more tokens than bytes; where the session's
 * last reply came with the server's own count, only what was added since is bounded that way.
 */
export function mostTokens(events: readonly Recorded[], session: string, bytes: number): number {
  const last = events.findLast(
    (event) => event.type === "model.replied" && event.session === session && event.purpose === undefined,
  );
  if (last?.type !== "model.replied" || last.usage.source !== "provider") return bytes;
  const asked = events.findLast(
    (event) =>
      event.type === "model.requested" &&
      event.session === session &&
      event.purpose === undefined &&
      event.seq < last.seq,
  );
  if (asked?.type !== "model.requested" || asked.bytes === undefined || bytes < asked.bytes) return bytes;
  const { inputUncached, inputCacheRead, inputCacheWrite } = last.usage;
  return Math.max(inputUncached + inputCacheRead + inputCacheWrite, 1) + bytes - asked.bytes;
}
