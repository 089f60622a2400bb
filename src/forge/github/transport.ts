import { answerKey, type Answers, answersInMemory, knownAnswer } from "./answers.ts";

/** A header that never leaves: the question may be asked where the same server says that its answer is now. */
export const FOLLOW = "x-claw-follow";

/** Larger answers are not kept. */
const MAX_KEPT_BYTES = 2 ** 20;

/** Most places that a question is led on to. */
const MAX_STEPS = 3;

/** The longest that one answer may take. */
const PATIENCE_MS = 60_000;

/**
 * One request as octokit makes it, to its last byte: in bounded time, with what is remembered of the same question, and
 * checked for being whole. A cut-off answer counts as no answer. GitHub says that it limits requests in several ways; the
 * throttling plugin knows two, and the others are given the words it knows.
 * https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export function transport(answers: Answers = answersInMemory(), timeoutMs = PATIENCE_MS) {
  const asked = asking(answers, timeoutMs);
  return async (url: string, init: RequestInit): Promise<Response> => {
    try {
      return await asked(url, init);
    } catch (error) {
      // Under this name octokit asks nothing again: who stops waits for no retries.
      throw init.signal?.aborted ? new DOMException("stopped", "AbortError") : error;
    }
  };
}

function asking(answers: Answers, timeoutMs: number) {
  return async function asked(url: string, init: RequestInit, steps = 0): Promise<Response> {
    const headers = new Headers(init.headers);
    const mayFollow = headers.has(FOLLOW) && steps < MAX_STEPS;
    headers.delete(FOLLOW);
    const key = init.method === "GET" ? answerKey(url, headers) : null;
    const known = key === null ? undefined : await answers.get(key);
    if (known) headers.set("if-none-match", known.etag);
    const time = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, time]) : time;
    const answer = await fetch(url, { ...init, headers, signal });
    if (answer.status === 304 && known)
      // What is said beside an answer may have changed.
      return new Response(new Uint8Array(known.body), {
        status: known.status,
        headers: { ...Object.fromEntries(known.headers), ...Object.fromEntries(answer.headers) },
      });
    if ([204, 205, 304].includes(answer.status)) return answer;
    const body = Buffer.from(await answer.arrayBuffer());
    const location = answer.headers.get("location");
    if (mayFollow && key !== null && isRedirection(answer) && location !== null && leadsWithin(location, url))
      return asked(new URL(location, url).href, init, steps + 1);
    const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
    const data = isJson ? parsed(body) : undefined;
    if (answer.ok && isJson && data === undefined) throw new TypeError("the forge's answer was cut off");
    const { status } = answer;
    if ((status === 403 || status === 429) && isLimit(answer, data)) return inKnownWords(answer, data);
    const etag = answer.headers.get("etag");
    if (key !== null && status === 200 && etag !== null && body.byteLength <= MAX_KEPT_BYTES)
      await answers.put(key, knownAnswer(answer, etag, body));
    return new Response(new Uint8Array(body), { status, headers: answer.headers });
  };
}

const isRedirection = ({ status }: Response): boolean => [301, 302, 307, 308].includes(status);

/** Is this an address of the same server? Nothing else is ever gone to. */
export const leadsWithin = (address: string | null | undefined, server: string): boolean =>
  typeof address === "string" &&
  URL.canParse(address, server) &&
  new URL(address, server).origin === new URL(server).origin;

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}

/** Not a lack of rights: it says when to come back, or that it is asked too much. */
const isLimit = ({ status, headers }: Response, data: unknown): boolean =>
  status === 429 ||
  (headers.get("x-ratelimit-remaining") !== "0" &&
    (headers.has("retry-after") || /abuse detection/i.test(messageOf(data))));

const messageOf = (data: unknown): string => {
  const message = typeof data === "object" && data !== null && "message" in data ? data.message : "";
  return typeof message === "string" ? message : "";
};

/** As 403: a 429 would be asked again by the plugin that retries, without regard to when the forge wants that. */
const inKnownWords = ({ headers }: Response, data: unknown): Response => {
  const isPrimary = headers.get("x-ratelimit-remaining") === "0";
  const message = isPrimary ? messageOf(data) : `${messageOf(data)} (secondary rate limit)`;
  return new Response(JSON.stringify({ message }), {
    status: 403,
    headers: { ...Object.fromEntries(headers), "content-type": "application/json" },
  });
};
