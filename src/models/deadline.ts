import type { Deadlines, Endpoint } from "./endpoint.ts";
import { ModelError, type Where } from "./model-error.ts";
import { expectedTimes, type Pace } from "./pace.ts";

const minute = 60_000;

/** The longest that any request may take: what an hourly price is reserved for. */
const LONGEST_MS = 30 * minute;

/** One request as its deadlines see it; sizes in tokens. */
export interface Expected {
  readonly streaming: boolean;
  readonly inputTokens: number;
  readonly maxOutputTokens: number;
  /** What is known of the server's speed. */
  readonly pace: Pace;
}

/**
 * Deadlines of one request: what the owner says, else what the pace of a server of one's own lets expect, else patience
 * for any. How long a provider's models think before their first word is no matter of pace.
 */
export function deadlinesFor(endpoint: Endpoint, expected: Expected): Deadlines {
  const usual = usualDeadlines(endpoint, expected.streaming);
  const times = endpoint.selfHosted ? expectedTimes(expected.pace, expected) : null;
  if (times === null) return usual;
  const totalMs = Math.min(LONGEST_MS, times.totalMs ?? LONGEST_MS);
  // Without streaming the first byte comes after the whole generation.
  const firstByteMs = expected.streaming ? times.firstByteMs : times.totalMs === null ? usual.firstByteMs : totalMs;
  return { ...usual, firstByteMs, totalMs, ...endpoint.deadlines };
}

/**
 * Deadlines of a request about which nothing is known.
 * A provider's own wire may carry no word for minutes while the model thinks, so silence is judged more patiently there.
 */
export function usualDeadlines(endpoint: Endpoint, streaming: boolean): Deadlines {
  // The flex tier begins when it has room: OpenAI's documents advise to wait a quarter of an hour.
  const firstByteMs = streaming && endpoint.serviceTier !== "flex" ? 5 * minute : 15 * minute;
  const idleMs = endpoint.wire !== "chat" && !endpoint.selfHosted ? 5 * minute : 90_000;
  return { connectMs: 5_000, firstByteMs, idleMs, totalMs: LONGEST_MS, ...endpoint.deadlines };
}

/** Runs the clock of one request. Call `connected` once, `alive` for each piece of the body, `stop` at the end. */
export interface DeadlineWatch {
  connected(): void;
  /** `word`: it was more than a sign of life. */
  alive(word: boolean): void;
  stop(): void;
}

/** Signs of life alone keep a request so long: servers send them while they read a long prompt, and after they broke. */
const SIGNS_ONLY_MS = 10 * minute;

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
  let signs: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = (kind: "timeout_headers" | "timeout_idle", ms: number, what: string) => {
    clearTimeout(phase);
    if (!stopped) phase = setTimeout(() => fail(kind, ms, what), ms);
  };
  const stop = () => {
    stopped = true;
    clearTimeout(phase);
    clearTimeout(total);
    clearTimeout(signs);
  };
  return {
    connected: () => next("timeout_headers", limits.firstByteMs, "sent no reply"),
    alive(word) {
      if (stopped) return;
      if (word) signs?.refresh();
      signs ??= setTimeout(() => fail("timeout_idle", SIGNS_ONLY_MS, "sent nothing but signs of life"), SIGNS_ONLY_MS);
      next("timeout_idle", limits.idleMs, "fell silent in its reply: no further byte");
    },
    stop,
  };
}

/** "5 s", "0.3 s". */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(2))} s`;
}
