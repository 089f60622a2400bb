import { createHash } from "node:crypto";

/** What a forge answered before, by question and credential: asked again, it need only say that nothing has changed. */
export type Remembered = Map<
  string,
  { readonly etag: string; readonly status: number; readonly headers: Headers; readonly body: ArrayBuffer }
>;

/** Answers that are kept, and the largest of them: what is asked for again and again is a page of a list. */
const KEPT = 300;
const MAX_KEPT_BYTES = 2 ** 20;

/** The longest that one answer may take. */
const PATIENCE_MS = 60_000;

/**
 * One request as octokit makes it, to its last byte: in bounded time, with what is remembered of the same question, and
 * checked for being whole. A cut-off answer counts as no answer. GitHub says that it limits requests in several ways; the
 * throttling plugin knows two, and the others are given the words it knows.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export function transport(remembered: Remembered, timeoutMs = PATIENCE_MS) {
  const asked = asking(remembered, timeoutMs);
  return async (url: string, init: RequestInit): Promise<Response> => {
    try {
      return await asked(url, init);
    } catch (error) {
      // Under this name octokit asks nothing again: who stops waits for no retries.
      throw init.signal?.aborted ? new DOMException("stopped", "AbortError") : error;
    }
  };
}

function asking(remembered: Remembered, timeoutMs: number) {
  return async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const key = init.method === "GET" ? keyOf(url, headers) : null;
    const known = key === null ? undefined : remembered.get(key);
    if (known) headers.set("if-none-match", known.etag);
    const time = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, time]) : time;
    const answer = await fetch(url, { ...init, headers, signal });
    if (answer.status === 304 && known)
      // What is said beside an answer may have changed.
      return new Response(known.body, {
        status: known.status,
        headers: { ...Object.fromEntries(known.headers), ...Object.fromEntries(answer.headers) },
      });
    if ([204, 205, 304].includes(answer.status)) return answer;
    const body = await answer.arrayBuffer();
    const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
    const data = isJson ? parsed(body) : undefined;
    if (answer.ok && isJson && data === undefined) throw new TypeError("the forge's answer was cut off");
    const { status } = answer;
    if ((status === 403 || status === 429) && isLimit(answer, data)) return inKnownWords(answer, data);
    const etag = answer.headers.get("etag");
    if (key !== null && status === 200 && etag !== null && body.byteLength <= MAX_KEPT_BYTES) {
      remembered.delete(key);
      remembered.set(key, { etag, status, headers: answer.headers, body });
      for (const oldest of [...remembered.keys()].slice(0, Math.max(0, remembered.size - KEPT)))
        remembered.delete(oldest);
    }
    return new Response(body, { status, headers: answer.headers });
  };
}

/** Another credential may see something else. */
const keyOf = (url: string, headers: Headers): string =>
  createHash("sha256")
    .update(`${headers.get("authorization")} ${headers.get("accept")} ${url}`)
    .digest("base64");

function parsed(body: ArrayBuffer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Not a lack of rights: it says when to come back, or that it is asked too much. */
const isLimit = ({ status, headers }: Response, data: unknown): boolean =>
  headers.get("x-ratelimit-remaining") !== "0" &&
  (status === 429 || headers.has("retry-after") || /abuse detection/i.test(messageOf(data)));

const messageOf = (data: unknown): string => {
  const message = typeof data === "object" && data !== null && "message" in data ? data.message : "";
  return typeof message === "string" ? message : "";
};

/** As 403: a 429 would be asked again by the plugin that retries, without regard to when the forge wants that. */
const inKnownWords = ({ headers }: Response, data: unknown): Response => {
  const message = `${messageOf(data)} (secondary rate limit)`;
  return new Response(JSON.stringify({ message }), {
    status: 403,
    headers: { ...Object.fromEntries(headers), "content-type": "application/json" },
  });
};
