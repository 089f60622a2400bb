import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Readable, Transform } from "node:stream";
import { watchDeadlines, type DeadlineWatch } from "./deadline.ts";
import type { Deadlines } from "./endpoint.ts";
import { ModelError, type Where } from "./model-error.ts";
import { isReset, transportError } from "./transport-error.ts";

// node:http rather than fetch: no hidden 300 s limit on headers or body, no redirects that would carry a key
// elsewhere, and a fraction of the start-up time of the packages that offer the same. Not by `import`: that would
// evaluate the module's lazy getters, and with them the whole of fetch, for some 25 ms.
const { request: httpRequest } = process.getBuiltinModule("node:http");

/** The most bytes one reply may have. */
const maxReplyBytes = 32 * 1024 * 1024;

/** One request. Its body, if any, is JSON. */
export interface HttpRequest {
  readonly url: URL;
  readonly agent: Agent | false;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly limits: Deadlines;
  readonly signal: AbortSignal;
  readonly where: Where;
}

/** Status and headers; `body` fails with a ModelError when it does not arrive whole. It must be read or returned from. */
export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncGenerator<Uint8Array>;
}

/** Loaded only where it is spoken. */
const https = () => process.getBuiltinModule("node:https");

/** Sends one request and waits for its headers. Fails only with ModelError. */
export async function send(request: HttpRequest): Promise<HttpReply> {
  const start = request.url.protocol === "https:" ? https().request : httpRequest;
  try {
    return await attempt(request, start);
  } catch (error) {
    if (error !== staleSocket) throw error;
    return attempt({ ...request, agent: false }, start);
  }
}

/** The server closed an idle connection just as we reused it: nothing was processed, so a fresh one is tried at once. */
const staleSocket = Symbol("stale socket");

async function attempt(request: HttpRequest, start: typeof httpRequest): Promise<HttpReply> {
  const { url, agent, where, signal } = request;
  if (signal.aborted) throw abortedError(where, signal);
  const method = request.body === undefined ? "GET" : "POST";
  const sent = start(url, { method, agent, headers: headersOf(request) });
  let response: IncomingMessage | undefined;
  let reason: ModelError | undefined;
  const began = Promise.withResolvers<IncomingMessage>();
  const give = (error: ModelError) => {
    reason ??= error;
    began.reject(error);
    (response ?? sent).destroy(error);
  };
  const watch = watchDeadlines(request.limits, where, give);
  const onAbort = () => give(abortedError(where, signal));
  signal.addEventListener("abort", onAbort, { once: true });
  const release = () => {
    watch.stop();
    signal.removeEventListener("abort", onAbort);
  };
  const explain = (error: unknown) => reason ?? transportError(error, where);
  whenConnected(sent, watch);
  try {
    sent.once("response", began.resolve);
    sent.once("upgrade", (_, socket) => {
      socket.destroy();
      give(new ModelError("not_an_api", `${where.name} wants to speak another protocol (101)`, { where }));
    });
    // Stays attached: a socket that breaks later must not become an uncaught error.
    sent.on("error", began.reject);
    // Whatever else ends a request, nothing is waited for that cannot come.
    sent.once("close", () => began.reject(reset()));
    sent.end(request.body);
    response = await began.promise;
  } catch (error) {
    release();
    if (reason === undefined && sent.reusedSocket && isReset(error)) throw staleSocket;
    throw explain(error);
  }
  const body = readBody(response, decoded(response), { watch, release, explain, where });
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

const reset = (): Error => Object.assign(new Error("closed without a reply"), { code: "ECONNRESET" });

interface BodyWatch {
  readonly watch: DeadlineWatch;
  readonly release: () => void;
  readonly explain: (error: unknown) => ModelError;
  readonly where: Where;
}

/** Nobody asked for a packed reply; some proxies pack it all the same. */
function decoded(response: IncomingMessage): Readable {
  const packing = String(response.headers["content-encoding"] ?? "identity").toLowerCase();
  if (!/^(?:x-)?gzip$|^deflate$|^br$|^zstd$/.test(packing)) return response;
  const { createBrotliDecompress, createUnzip, createZstdDecompress } = process.getBuiltinModule("node:zlib");
  const unpackers: Record<string, () => Transform> = { br: createBrotliDecompress, zstd: createZstdDecompress };
  const unpacking = (unpackers[packing] ?? createUnzip)();
  response.on("error", (error) => unpacking.destroy(error));
  // What breaks before anybody reads is told to the reader, and must not become an uncaught error.
  unpacking.on("error", () => undefined);
  return response.pipe(unpacking);
}

const COLON = 0x3a;
/** Longer comments do not occur, and a long piece may hold words behind one. */
const LONGEST_SIGN = 64;

/** Is this piece of a stream only comments and empty lines, by which a server says that it still works? */
const isSignOfLife = (chunk: Uint8Array): boolean =>
  chunk.length <= LONGEST_SIGN &&
  (chunk[0] === COLON || chunk[0] === 0x0a || chunk[0] === 0x0d) &&
  /^(?:[\r\n]|:[^\r\n]*(?=[\r\n]))+$/.test(Buffer.from(chunk).toString("latin1"));

async function* readBody(
  response: IncomingMessage,
  content: Readable,
  { watch, release, explain, where }: BodyWatch,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      watch.alive(!isSignOfLife(chunk));
      bytes += chunk.length;
      if (bytes > maxReplyBytes)
        throw new ModelError("too_large", `${where.name} sent a reply of more than 32 MB`, { where });
      yield chunk;
    }
  } catch (error) {
    response.destroy();
    throw error instanceof ModelError ? error : explain(error);
  } finally {
    release();
    letEnd(response);
  }
}

/**
 * A reader that has seen enough leaves a few bytes behind: taking them in keeps the connection for the next turn.
 * A server that goes on talking is cut off after a tenth of a second.
 */
function letEnd(response: IncomingMessage): void {
  if (response.readableEnded || response.destroyed) return;
  const impatience = setTimeout(() => response.destroy(), 100);
  response.on("error", () => undefined);
  response.once("close", () => clearTimeout(impatience));
  response.resume();
}

function headersOf({ headers, body }: HttpRequest): Record<string, string | number> {
  if (body === undefined) return headers;
  return { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
}

function whenConnected(sent: ClientRequest, watch: DeadlineWatch): void {
  sent.once("socket", (socket) => {
    if (!socket.connecting) return watch.connected();
    socket.once("encrypted" in socket ? "secureConnect" : "connect", () => watch.connected());
  });
}

/** An AbortSignal fired: the caller wants no reply any more. */
function abortedError(where: Where, signal: AbortSignal): ModelError {
  return new ModelError("aborted", `the request to ${where.name} was cancelled`, { where, cause: signal.reason });
}
