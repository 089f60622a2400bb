import type { Deadlines, Endpoint } from "./endpoint.ts";
import { ModelError, type Where } from "./model-error.ts";

const minute = 60_000;

/**
 * Deadlines of one request. Without streaming the first byte comes after the whole generation.
 * A provider's own wire may carry no word for minutes while the model thinks, so silence is judged more patiently there.
 */
export function deadlinesFor(endpoint: Endpoint, streaming: boolean): Deadlines {
  // The flex tier begins when it has room: OpenAI's documents advise to wait a quarter of an hour.
  const firstByteMs = streaming && endpoint.serviceTier !== "flex" ? 5 * minute : 15 * minute;
  const idleMs = endpoint.wire !== "chat" && !endpoint.selfHosted ? 5 * minute : 90_000;
  return { connectMs: 5_000, firstByteMs, idleMs, totalMs: 30 * minute, ...endpoint.deadlines };
}

/** Runs the clock of one request. Call `connected` once, `alive` for each piece of the body, `stop` at the end. */
export interface DeadlineWatch {
  connected(): void;
  alive(): void;
  stop(): void;
}

/** Starts with the connect phase; calls `expire` at most once, with the error to fail with. */
export function watchDeadlines(limits: Deadlines, where: Where, expire: (error: ModelError) => void): DeadlineWatch {
  const fail = (
    kind: "timeout_connect" | "timeout_headers" | "timeout_idle" | "timeout_total",
    ms: number,
    what: string,
  ) => {
    stop();
    expire(new ModelError(kind, `${where.name} ${what} within ${seconds(ms)}`, { where }));
  };
  let phase = setTimeout(() => fail("timeout_connect", limits.connectMs, "accepted no connection"), limits.connectMs);
  const total = setTimeout(() => fail("timeout_total", limits.totalMs, "did not finish its reply"), limits.totalMs);
  let stopped = false;
  const next = (kind: "timeout_headers" | "timeout_idle", ms: number, what: string) => {
    clearTimeout(phase);
    if (!stopped) phase = setTimeout(() => fail(kind, ms, what), ms);
  };
  const stop = () => {
    stopped = true;
    clearTimeout(phase);
    clearTimeout(total);
  };
  return {
    connected: () => next("timeout_headers", limits.firstByteMs, "sent no reply"),
    alive: () => next("timeout_idle", limits.idleMs, "fell silent in its reply: no further byte"),
    stop,
  };
}

/** "5 s", "0.3 s". */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
