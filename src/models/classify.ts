import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { ModelError, redact, type ModelErrorKind, type Where } from "./model-error.ts";

/** The shapes servers put errors in: OpenAI's `error` object, older vLLM's flat one, a bare string. */
const ErrorFields = z.object({
  message: z.string().optional().catch(undefined),
  code: z.union([z.string(), z.number()]).nullish().catch(undefined),
  type: z.string().nullish().catch(undefined),
  param: z.string().nullish().catch(undefined),
});
/** What servers built on FastAPI send: words, or a list of what is wrong where in the body. */
const Detail = z.object({
  detail: z.union([
    z.string(),
    z.array(z.object({ loc: z.array(z.union([z.string(), z.number()])).catch([]), msg: z.string() })),
  ]),
});
const ErrorBody = z.object({ error: z.union([z.string(), ErrorFields]) });

/** What is known of a failure the server told us about. `status` is undefined inside a stream. */
export interface ServerFault {
  readonly status?: number;
  readonly headers?: IncomingHttpHeaders;
  /** The parsed body or frame, or its text when it is no JSON. */
  readonly body: unknown;
  readonly where: Where;
  /** The key just used, to be kept out of the message. */
  readonly key?: string | undefined;
  /** Milliseconds since the epoch, to read dates in headers. */
  readonly now: number;
}

/** Characters of an error that are looked at: what a server says besides says nothing more. */
const LONGEST_MESSAGE = 10_000;

/** Turns an error reply, or an error frame inside a stream, into a ModelError. */
export function classifyFault(fault: ServerFault): ModelError {
  const { headers = {}, where } = fault;
  const { code, type, param, ...said } = fieldsOf(fault.body);
  const message = said.message.slice(0, LONGEST_MESSAGE);
  // Gateways answer 200, or in a stream nothing, and put what would have been the status into the error.
  const status = fault.status ?? (/^[45]\d\d$/.test(code) ? Number(code) : undefined);
  if (status !== undefined && status >= 300 && status < 400) return redirected(headers, where, status);
  const kind = kindOf(
    status,
    [code, type].filter((name) => name !== ""),
    message,
  );
  const shown = message === "" ? "no explanation" : redact(message, fault.key);
  return new ModelError(kind, `${where.name} answered ${status ?? "with an error"}: ${shown}`, {
    where,
    status,
    afterMs: retryAfter(headers, fault.now),
    requestId: requestIdOf(headers),
    mostTokens: kind === "bad_request" ? mostTokensIn(message) : undefined,
    functionsOnly: (kind === "bad_request" || kind === "unsupported_param") && refusesFreeText(param, message),
    final: headers["x-should-retry"] === "false",
    param: kind === "unsupported_param" ? param || namedParam(message) : undefined,
  });
}

/** A key must not go where the user did not send it. Of the other address only the origin is shown. */
function redirected({ location }: IncomingHttpHeaders, where: Where, status: number): ModelError {
  const target = (location !== undefined && URL.parse(location, where.baseUrl)?.origin) || "another address";
  const message = `${where.name} answered ${status}: it wants the request to be sent to ${target}, which is refused`;
  return new ModelError("redirected", message, { where, status });
}

/** The id a provider's support asks for. */
export function requestIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers["x-request-id"] ?? headers["request-id"];
  return typeof id === "string" ? id.slice(0, 200) : undefined;
}

function fieldsOf(body: unknown): { message: string; code: string; type: string; param: string } {
  const detail = Detail.safeParse(body).data?.detail;
  if (typeof detail === "string") return { message: detail, code: "", type: "", param: "" };
  if (detail !== undefined) {
    const places = detail.map(({ loc, msg }) => [loc.slice(1).join("."), msg] as const);
    const message = places.map(([place, wrong]) => `${place}: ${wrong}`).join("; ");
    return { message, code: "", type: "", param: places[0]?.[0] ?? "" };
  }
  const nested = ErrorBody.safeParse(body);
  const found = nested.success ? nested.data.error : ErrorFields.safeParse(body).data;
  if (typeof found === "string") return { message: found, code: "", type: "", param: "" };
  const message = found?.message ?? (typeof body === "string" ? wordsOfPage(body) : "");
  return { message, code: String(found?.code ?? ""), type: found?.type ?? "", param: found?.param ?? "" };
}

/** The words of a web page, as far as anybody reads them. */
export function wordsOfPage(page: string): string {
  return page
    .slice(0, 20_000)
    .replace(/<(script|style)[^<>]*>[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^<>]*>/g, " ");
}

const byName: readonly (readonly [RegExp, ModelErrorKind])[] = [
  [/^(insufficient_quota|billing_hard_limit.*|billing_not_active|billing_error)$/, "quota"],
  [
    /^(context_length_exceeded|exceed_context_size_error|model_context_window_exceeded|request_too_large)$/,
    "context_overflow",
  ],
  [/^(rate_limit_exceeded|rate_limit_error|tokens|requests)$/, "rate"],
  [/^(content_filter|invalid_prompt|.*_policy.*)$/, "content_policy"],
  [/^(invalid_api_key|authentication_error|permission_error)$/, "auth"],
  [/^(unsupported_parameter|unknown_parameter)$/, "unsupported_param"],
  [/^(not_found_error|model_not_found)$/, "bad_request"],
  [/^(overloaded_error|overloaded|engine_overloaded|slow_down)$/, "overloaded"],
  [/^(server_error|internal_error|internal_server_error|api_error|timeout_error)$/, "server"],
];

const byMessage: readonly (readonly [RegExp, ModelErrorKind])[] = [
  [/error parsing tool call/i, "tool_parse_server"],
  [/credit balance is too low/i, "quota"],
  [
    /maximum context length|prompt is too long|exceeds? the (available )?context|longer than the model's context length|loaded with context length of only|input length and `max_tokens` exceed|please reduce the length|context window/i,
    "context_overflow",
  ],
  [
    /tool_use`? ids were found without|must be followed by tool messages|failed to parse tool call arguments|parse tool call arguments|unterminated string|expecting value|roles must alternate/i,
    "bad_history",
  ],
  [
    /(unsupported|unknown|unrecognized|unexpected|extra) (request )?(parameter|argument|field|input)|is not supported with this model|extra inputs are not permitted/i,
    "unsupported_param",
  ],
  [/server busy|queue is full|overloaded/i, "overloaded"],
  [/unexpected endpoint or method/i, "not_an_api"],
];

/** Order of tests: exact code or type, then clear statuses, then the message, then the rest of the statuses. */
function kindOf(status: number | undefined, names: readonly string[], message: string): ModelErrorKind {
  for (const [pattern, kind] of byName) {
    if (kind === "server" && status !== undefined) continue; // the message may know better than "server_error"
    if (names.some((name) => pattern.test(name))) return kind;
  }
  if (status === 403 && /\bflagged\b|moderation/i.test(message)) return "content_policy";
  if (status === 401 || status === 403) return "auth";
  if (status === 402) return "quota";
  if (status === 429) return "rate";
  if (status === 503 || status === 529) return "overloaded";
  if (status === 408 || status === 425) return "server"; // it wants to be asked again: RFC 9110 and RFC 8470
  if (status === 413) return "context_overflow"; // a proxy's limit, which a shorter session may keep
  if (status !== 404) {
    for (const [pattern, kind] of byMessage) if (pattern.test(message)) return kind;
  }
  const mistaken =
    names.includes("invalid_request_error") || /\bmodel\b.{0,80}\b(?:not found|does not exist)\b/i.test(message);
  if (status === undefined && mistaken) return "bad_request";
  if (status === undefined || status >= 500) return "server";
  if (status < 400) return "not_an_api";
  return "bad_request";
}

/** "max_tokens: 16000 > 8192, which is …", "max_tokens is too large: 16000. This model supports at most 4096 …". */
function mostTokensIn(message: string): number | undefined {
  const [, most] = /max(?:_completion|_output)?_tokens\b[^]*?(?:\d > |at most )(\d{3,7})\b/.exec(message) ?? [];
  return most === undefined ? undefined : Number(most);
}

/** "Invalid value: 'custom'. Supported values are: 'function'", about a tool. */
const refusesFreeText = (param: string, message: string): boolean =>
  /\bcustom\b|grammar/i.test(message) && (/^tools\b/.test(param) || /\btools?\b|grammar/i.test(message));

/** The parameter named in a message like "Unsupported parameter: 'stream_options'". */
function namedParam(message: string): string | undefined {
  return (
    /(?:parameter|argument|field|input)s?:?\s+['"`]?([a-z_]+(?:\.[a-z_]+)*)/i.exec(message)?.[1] ??
    /['"`]([a-z_]+)['"`]/.exec(message)?.[1]
  );
}

/** A year: longer than any run, and still a date. */
const LONGEST_WAIT_MS = 366 * 24 * 3_600_000;

/** How long the server asked us to wait, in milliseconds, by whichever header says most. */
function retryAfter(headers: IncomingHttpHeaders, local: number): number | undefined {
  // By the server's own clock where it shows it: this machine's may be wrong, or jump.
  const now = Number.isNaN(Date.parse(headers.date ?? "")) ? local : Date.parse(headers.date ?? "");
  const text = (name: string) => (typeof headers[name] === "string" ? headers[name] : "");
  const date = Date.parse(text("retry-after"));
  const waits = [
    numberOf(text("retry-after-ms")),
    numberOf(text("retry-after")) * 1000,
    /[a-z]/i.test(text("retry-after")) ? date - now : Number.NaN,
    text("x-ratelimit-remaining-requests") === "0" ? durationMs(text("x-ratelimit-reset-requests")) : Number.NaN,
    text("x-ratelimit-remaining-tokens") === "0" ? durationMs(text("x-ratelimit-reset-tokens")) : Number.NaN,
    ...["requests", "tokens", "input-tokens", "output-tokens"].map((what) =>
      text(`anthropic-ratelimit-${what}-remaining`) === "0"
        ? Date.parse(text(`anthropic-ratelimit-${what}-reset`)) - now
        : Number.NaN,
    ),
  ].filter((ms) => Number.isFinite(ms) && ms > 0); // "at once" is no advice: the next try is paced as any other
  return waits.length === 0 ? undefined : Math.min(Math.ceil(Math.max(...waits)), LONGEST_WAIT_MS);
}

const numberOf = (text: string): number => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN);

/** "1s", "6m0s", "250ms" in milliseconds. */
function durationMs(text: string): number {
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0) return Number.NaN;
  return parts.reduce((sum, [, amount, name]) => sum + Number(amount) * unit[name as keyof typeof unit], 0);
}
