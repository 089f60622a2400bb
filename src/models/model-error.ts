import { ClawError, type Outcome } from "../errors.ts";
import type { Usage } from "../ledger/message.ts";
import { printable } from "../text.ts";
import type { Heard } from "./tape.ts";

/** The part of an endpoint that a hint may name. */
export interface Where {
  readonly name: string;
  readonly baseUrl: string;
  readonly model: string;
  readonly keyName?: string;
  /** The proxy that is asked, for hints: only whether there is one. */
  readonly network?: { readonly proxy?: unknown };
}

interface Advice {
  /** How often the same request may be sent again. */
  readonly retries: number;
  /** Longest wait before the first repetition, in milliseconds, and the factor from one wait to the next. */
  readonly waitMs: number;
  readonly factor: number;
  /** Shortest wait, in milliseconds. Default 0. */
  readonly leastMs?: number;
  /** The server, or the way to it, does not work: a breaker counts it. */
  readonly fault?: boolean;
  readonly hint: (where: Where) => string;
}

const never = { retries: 0, waitMs: 0, factor: 1 };
const check = (where: Where) => `check the server at ${where.baseUrl}, then: claw resume <run>`;
const later = (where: Where) => `${where.name} is busy; later: claw resume <run>, or choose another --model`;
const secret = (where: Where) => `check ${where.keyName ?? "the key"} and what it may use at ${where.name}`;

/** Every way a request can fail, and what to do about it. A kind with `retries: 0` cannot succeed by being repeated. */
const advice = {
  auth: { ...never, hint: secret },
  quota: {
    ...never,
    hint: (where) => `check the billing and limits of the account behind ${where.keyName ?? where.name}`,
  },
  rate: { retries: 8, waitMs: 1_000, factor: 2, hint: later },
  /** The service tier that was asked for has no room: waited for in steps of a minute. */
  tier_full: { retries: 16, waitMs: 60_000, factor: 1, leastMs: 55_000, hint: later },
  overloaded: { retries: 8, waitMs: 10_000, factor: 2, leastMs: 5_000, hint: later },
  server: { retries: 3, waitMs: 1_000, factor: 4, fault: true, hint: check },
  unreachable: {
    retries: 2,
    waitMs: 1_000,
    factor: 4,
    fault: true,
    hint: (where) =>
      where.network?.proxy === undefined
        ? `is a server running at ${where.baseUrl}? check the address`
        : `is a server running at ${where.baseUrl}, and does the proxy that HTTPS_PROXY or HTTP_PROXY names let it through? NO_PROXY lists what needs none`,
  },
  untrusted: {
    ...never,
    hint: (where) => `the certificate of ${where.baseUrl} is not trusted; NODE_EXTRA_CA_CERTS names further ones`,
  },
  timeout_connect: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  timeout_headers: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  timeout_idle: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  timeout_total: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  stream_truncated: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  stream_malformed: { retries: 2, waitMs: 1_000, factor: 2, fault: true, hint: check },
  circuit_open: { retries: 20, waitMs: 15_000, factor: 1, hint: later },
  too_large: { ...never, hint: check },
  redirected: {
    ...never,
    hint: () => "nothing was sent there: name the right address yourself, if you trust it, in config.yaml",
  },
  not_an_api: {
    ...never,
    hint: (where) => `${where.baseUrl} does not answer like a model API; the address usually ends in /v1`,
  },
  context_overflow: {
    ...never,
    hint: (where) => `the session no longer fits into ${where.model}; choose a model with a larger context`,
  },
  bad_history: {
    ...never,
    hint: (where) => `${where.name} does not accept this session's history; choose another --model`,
  },
  tool_parse_server: {
    retries: 1,
    waitMs: 1_000,
    factor: 2,
    hint: (where) => `${where.name} cannot read the tool calls of ${where.model}; choose another model or server`,
  },
  unsupported_param: { ...never, hint: check },
  wrong_model: {
    ...never,
    hint: (where) =>
      `if that is the model you want, name it under endpoints.${where.name}.alsoServes in config.yaml; else ask for another --model`,
  },
  bad_request: { ...never, hint: (where) => `check the model name ${where.model} and the address ${where.baseUrl}` },
  content_policy: {
    ...never,
    hint: (where) => `${where.name} refused the content; choose another --model or reword the task`,
  },
  script_exhausted: { ...never, hint: () => "the recorded session does not fit this run; use a live model" },
  aborted: { ...never, hint: () => "continue with: claw resume <run>" },
} as const satisfies Record<string, Advice>;

/** Why a request failed. */
export type ModelErrorKind = keyof typeof advice;

/** What is known about a failed request besides its kind. */
export interface ModelErrorDetails {
  readonly where: Where;
  readonly status?: number | undefined;
  /** The server asked to wait this long. */
  readonly afterMs?: number | undefined;
  readonly requestId?: string | undefined;
  /** The server says that asking again is no use. */
  readonly final?: boolean | undefined;
  /** What to do, where that is known better than from the kind. */
  readonly hint?: string | undefined;
  /** The parameter the server does not know. */
  readonly param?: string | undefined;
  /** It does not know tools that are given free text. */
  readonly functionsOnly?: boolean | undefined;
  /** The longest reply the model can give, in tokens, where a longer one was asked for. */
  readonly mostTokens?: number | undefined;
  readonly cause?: unknown;
}

const tokenShapes =
  /\b(?:sk|pk|rk|gsk|xai|hf|nvapi|key)[-_][\w-]{12,}|\b(Bearer|Basic)\s+[\w.~+/=-]{8,}|\/\/[^/\s@:]+:[^/\s@]+@/gi;

/** Takes keys, and what a terminal would obey, out of text a server sent, and cuts it to 500 characters. `key` is the one just used. */
export function redact(text: string, key?: string): string {
  const known = key !== undefined && key.length >= 4 ? text.replaceAll(key, "[key]") : text;
  const clean = printable(known.replace(tokenShapes, "[key]")).replace(/\s+/g, " ").trim();
  return clean.length > 500 ? `${clean.slice(0, 499)}…` : clean;
}

/** A request that brought no complete reply. Its message never holds a key and is at most 500 characters long. */
export class ModelError extends ClawError {
  readonly kind: ModelErrorKind;
  readonly status: number | undefined;
  readonly afterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly #details: ModelErrorDetails;
  readonly param: string | undefined;
  readonly functionsOnly: boolean;
  readonly mostTokens: number | undefined;
  /** What the failed attempt probably cost; null when it cost nothing. Set by the connection that knows the request. */
  usage: Usage | null = null;
  /** What went over the wire, for the record. Set likewise; null when nothing was sent. */
  heard: Heard | null = null;

  constructor(kind: ModelErrorKind, message: string, details: ModelErrorDetails) {
    const outcome: Outcome =
      kind === "aborted" ? "interrupted" : kind === "content_policy" ? "blocked" : "model-unavailable";
    super(redact(message), {
      outcome,
      hint: redact(details.hint ?? advice[kind].hint(details.where)),
      cause: details.cause,
    });
    this.kind = kind;
    this.status = details.status;
    this.afterMs = details.afterMs;
    this.requestId = details.requestId;
    this.#details = details;
    this.param = details.param;
    this.functionsOnly = details.functionsOnly ?? false;
    this.mostTokens = details.mostTokens;
  }

  /** The server, or the way to it, did not work. A refusal, a limit or an overload is none. */
  get isFault(): boolean {
    const { fault = false }: Advice = advice[this.kind];
    return fault;
  }

  /** How often the same request may be sent again. */
  get retries(): number {
    return this.#details.final === true ? 0 : advice[this.kind].retries;
  }

  /** The same failure with another hint. */
  hinting(hint: string): ModelError {
    const error = new ModelError(this.kind, this.message, { ...this.#details, hint });
    return Object.assign(error, { usage: this.usage, heard: this.heard });
  }

  /**
   * How long to wait before repetition number `attempt` (from 0), in milliseconds, when the server named no time.
   * `chance` in [0, 1) picks a point between the shortest and the longest wait, at most a minute.
   */
  backoffMs(attempt: number, chance: number): number {
    const { waitMs, factor, leastMs = 0 }: Advice = advice[this.kind];
    return leastMs + (Math.min(waitMs * factor ** attempt, 60_000) - leastMs) * chance;
  }
}
