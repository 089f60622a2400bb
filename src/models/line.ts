import type { IncomingHttpHeaders } from "node:http";
import { _iterSSEMessages as eventsIn } from "openai/core/streaming";
import type { Clock } from "../clock.ts";
import { openAgent } from "./agent.ts";
import { classifyFault, requestIdOf, wordsOfPage } from "./classify.ts";
import type { Deadlines, Endpoint } from "./endpoint.ts";
import { send, type HttpReply } from "./http.ts";
import { ModelError, redact } from "./model-error.ts";
import { blankTape, type Tape } from "./tape.ts";

// The `openai` package's client takes longer to load than everything else on the way to the first request together,
// reads the environment and retries by rules of its own. Its frame decoder and its types are what is used here.

/** One answered request: its JSON frames, one by one. A reply that is not streamed is one frame. */
export interface Answer {
  readonly frames: AsyncGenerator<unknown>;
  readonly requestId: string | null;
  /** Milliseconds from sending to the first byte of the body. */
  firstByteMs(): number;
  /** Frames so far: about one per token when streaming. */
  frameCount(): number;
}

/** What is asked. */
interface Question {
  /** Below the base URL. */
  readonly path: string;
  readonly body: string;
  readonly streaming: boolean;
  readonly limits: Deadlines;
  readonly signal: AbortSignal;
  /** Is written on as the reply comes in, also when the question fails. */
  readonly tape: Tape;
}

/** An open way to one endpoint. */
export interface Line {
  /** Sends a JSON body. Fails, like the frames, only with ModelError. */
  ask(question: Question): Promise<Answer>;
  /** Reads one JSON document within `limitMs`. */
  get(path: string, limitMs: number): Promise<unknown>;
}

/** Opens a line; connects on first use. The key is asked for at each request and never kept. */
export function openLine(endpoint: Endpoint, clock: Pick<Clock, "now">): Line {
  const base = endpoint.baseUrl.replace(/\/+$/, "");
  const agent = openAgent(new URL(base), endpoint.network);
  return {
    async ask({ path, body, signal, streaming, limits, tape }) {
      const started = clock.now();
      const key = await resolveKey(endpoint);
      const headers = headersFor(endpoint, key, streaming);
      const request = { url: new URL(base + path), agent, headers, body, limits, signal, where: endpoint };
      const reply = await (endpoint.record?.send(body) ?? send(request));
      tape.key = key;
      return answer(reply, { endpoint, key, clock, started, tape });
    },
    async get(path, limitMs) {
      const key = await resolveKey(endpoint);
      const limits = { connectMs: limitMs, firstByteMs: limitMs, idleMs: limitMs, totalMs: limitMs };
      const signal = new AbortController().signal;
      const reply = await send({
        url: new URL(base + path),
        agent,
        headers: headersFor(endpoint, key, false),
        limits,
        signal,
        where: endpoint,
      });
      const { frames } = await answer(reply, { endpoint, key, clock, started: clock.now(), tape: blankTape() });
      for await (const frame of frames) return frame;
      return undefined;
    },
  };
}

/** A clock that was set back meanwhile must not make a duration negative. */
export const since = (clock: Pick<Clock, "now">, started: number): number => Math.max(0, clock.now() - started);

interface Asked {
  readonly endpoint: Endpoint;
  readonly key: string | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly started: number;
  readonly tape: Tape;
}

async function resolveKey(endpoint: Endpoint): Promise<string | undefined> {
  const key = await endpoint.key();
  if (key === undefined || key === "") {
    if (endpoint.selfHosted) return undefined;
    throw new ModelError("auth", `no key for ${endpoint.name}: ${endpoint.keyName ?? "its key"} is not set`, {
      where: endpoint,
    });
  }
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new ModelError(
      "auth",
      `the key for ${endpoint.name} holds a space, line break or other character that no key has`,
      { where: endpoint },
    );
  }
  return key;
}

/** The Messages wire has headers of its own for the key and for the version that is spoken. */
function headersFor({ wire }: Endpoint, key: string | undefined, streaming: boolean): Record<string, string> {
  const accept = streaming ? "text/event-stream, application/json" : "application/json";
  const common = { accept, "user-agent": "claw" };
  if (wire === "anthropic")
    return { ...common, "anthropic-version": "2023-06-01", ...(key === undefined ? {} : { "x-api-key": key }) };
  return { ...common, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
}

async function answer(reply: HttpReply, asked: Asked): Promise<Answer> {
  const { headers, status } = reply;
  const { clock, started, endpoint: where, key, tape } = asked;
  Object.assign(tape, { status, headers });
  let firstByteMs: number | undefined;
  let count = 0;
  async function* timed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of reply.body) {
      firstByteMs ??= since(clock, started);
      tape.chunks.push(chunk);
      yield chunk;
    }
  }
  if (status < 200 || status > 299) {
    throw classifyFault({ status, headers, body: jsonOr(await textOf(timed())), where, key, now: clock.now() });
  }
  const streamed = String(headers["content-type"] ?? "").includes("text/event-stream");
  async function* counted(): AsyncGenerator<unknown> {
    for await (const frame of framesIn(timed(), streamed, headers, asked)) {
      count += 1;
      const fault = faultIn(frame);
      if (fault !== null) throw classifyFault({ headers, body: { error: fault }, where, key, now: clock.now() });
      yield frame;
    }
  }
  return {
    frames: counted(),
    requestId: requestIdOf(headers) ?? null,
    firstByteMs: () => firstByteMs ?? since(clock, started),
    frameCount: () => count,
  };
}

/** What a body is, its first bytes know better than its headers: some servers call one JSON document a stream. */
async function* framesIn(
  body: AsyncGenerator<Uint8Array>,
  streamed: boolean,
  headers: IncomingHttpHeaders,
  asked: Asked,
): AsyncGenerator<unknown> {
  const first = await body.next();
  async function* whole(): AsyncGenerator<Uint8Array> {
    if (first.done !== true) yield first.value;
    yield* body;
  }
  const document = first.done !== true && /^\s*[{<]/.test(Buffer.from(first.value).toString("latin1"));
  try {
    yield* streamed && !document ? streamFrames(whole(), headers, asked) : oneFrame(whole(), asked);
  } finally {
    await body.return(undefined);
  }
}

async function* oneFrame(body: AsyncIterable<Uint8Array>, asked: Asked): AsyncGenerator<unknown> {
  const { endpoint: where, key } = asked;
  const text = await textOf(body);
  if (text.trim() === "") throw new ModelError("stream_truncated", `${where.name} sent an empty reply`, { where });
  // Some servers forget to say that what they send is a stream.
  if (/^\ufeff?\s*(?:data|event):/.test(text)) return yield* streamFrames(asPieces(text), {}, asked);
  if (/^\s*</.test(text))
    throw new ModelError(
      "not_an_api",
      `${where.name} sent a web page instead of a reply: ${redact(wordsOfPage(text), key).slice(0, 100)}`,
      { where },
    );
  const frame = jsonOr(text);
  if (typeof frame === "string")
    throw new ModelError(
      "stream_malformed",
      `${where.name} sent a reply that is not JSON: ${redact(text, key).slice(0, 100)}`,
      { where },
    );
  yield frame;
}

/**
 * The package ends its loop normally when the controller it is given aborts, so ours never does: a cancelled or
 * overdue request fails in the body instead, with a ModelError that passes through.
 */
async function* streamFrames(
  body: AsyncIterable<Uint8Array>,
  headers: IncomingHttpHeaders,
  asked: Asked,
): AsyncGenerator<unknown> {
  const { endpoint: where, key, clock } = asked;
  let ended = false;
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield* body;
    ended = true;
  }
  // Only these two are read of a response; building a real one would load the whole of fetch.
  const response = { body: whole(), headers: { get: () => null } } as unknown as Response;
  try {
    for await (const { event, data } of eventsIn(response, new AbortController())) {
      const text = data.trim();
      if (text === "[DONE]") return;
      // By the standard no event at all: a sign of life.
      if (text === "") continue;
      const frame: unknown = JSON.parse(text);
      if (event === "error")
        throw classifyFault({ headers, body: { error: faultIn(frame) ?? frame }, where, key, now: clock.now() });
      yield frame;
    }
  } catch (error) {
    if (error instanceof ModelError) throw error;
    // What cannot be read is the last that came: its rest is missing.
    if (ended)
      throw new ModelError("stream_truncated", `${where.name} ended its reply in the middle of a line`, { where });
    throw new ModelError("stream_malformed", `${where.name} sent a stream that cannot be read`, { where });
  }
}

/** The error a frame reports, on either wire: at its top, or in the response it is about. */
function faultIn(frame: unknown): unknown {
  if (typeof frame !== "object" || frame === null) return null;
  if ("type" in frame && frame.type === "response.failed" && "response" in frame)
    return faultIn(frame.response) ?? "the response failed";
  return "error" in frame ? (frame.error ?? null) : null;
}

async function* asPieces(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
  } catch {
    return text;
  }
}
