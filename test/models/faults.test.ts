import { createServer } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { listModels } from "../../src/models/list-models.ts";
import { inTurn, startModelServer, type Fault } from "../support/model-server.ts";
import type { ScriptedReply } from "../support/model-wire.ts";
import { askOnce, endpointAt, failureOf, key, requestOf } from "./desk.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closers.splice(0).map((close) => close())));

async function serve(...replies: readonly (ScriptedReply | Fault)[]) {
  const server = await startModelServer(inTurn(...replies));
  closers.push(server.close);
  return server;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

const quick = { connectMs: 2_000, firstByteMs: 300, idleMs: 300, totalMs: 2_000 };

const askingFor = async (fault: Fault, changes: Partial<Endpoint> = {}) =>
  failureOf(askOnce(endpointAt((await serve(fault)).url, changes)));

describe.each(["chat", "responses", "anthropic"] as const)("over %s, a stream", (wire) => {
  test.each<[string, Fault, string]>([
    ["that closes without a mark of completion is truncated", { fault: "cut", text: "I will" }, "stream_truncated"],
    ["whose socket breaks is truncated", { fault: "destroy", text: "I will" }, "stream_truncated"],
    ["that stalls is given up after the idle time", { fault: "stall", text: "I will" }, "timeout_idle"],
    ["that never begins is given up", { fault: "hang" }, "timeout_headers"],
    ["with a frame that is no JSON is malformed", { fault: "malformed" }, "stream_malformed"],
    [
      "that is a web page is no API",
      { fault: "raw", body: "<html>Welcome</html>", contentType: "text/html" },
      "not_an_api",
    ],
    ["that is empty is truncated", { fault: "raw", body: "", contentType: "application/json" }, "stream_truncated"],
    [
      "with an error inside is that error",
      { fault: "error-frame", error: { code: "rate_limit_exceeded", message: "slow down" } },
      "rate",
    ],
    [
      "with a server error inside is a server error",
      { fault: "error-frame", error: { code: "server_error", message: "oops" } },
      "server",
    ],
  ])("%s", async (_what, fault, kind) => {
    const error = await askingFor(fault, { wire, deadlines: quick });
    expect(error.kind).toBe(kind);
    expect(error.outcome).toBe("model-unavailable");
    expect(error.hint).not.toBe("");
  });

  test("cut twice is asked for without streaming the second time, then streams again", async () => {
    const { url, requests } = await serve({ fault: "cut", text: "I" }, { text: "done" }, { text: "more" });
    const model = await connectModel(endpointAt(url, { wire }), systemClock);
    const signal = new AbortController().signal;
    await failureOf(model.ask(requestOf(), signal));
    expect((await model.ask(requestOf(), signal)).message.text).toBe("done");
    await model.ask(requestOf(), signal);
    expect(requests.map((request) => request.body["stream"])).toEqual([true, false, true]);
  });

  test("that the caller cancels ends as cancelled, not as complete", async () => {
    const { url } = await serve({ fault: "stall", text: "I will" });
    const model = await connectModel(endpointAt(url, { wire }), systemClock);
    const cancel = new AbortController();
    const error = await failureOf(
      model.ask(requestOf(), cancel.signal, (delta) => delta.kind === "text" && cancel.abort()),
    );
    expect(error).toMatchObject({ kind: "aborted", outcome: "interrupted" });
  });
});

describe("a reply that is not streamed", () => {
  const local = { selfHosted: true, deadlines: quick };

  test.each<[string, Fault, string]>([
    ["cut in the middle of its JSON is malformed", { fault: "malformed" }, "stream_malformed"],
    ["whose socket breaks is truncated", { fault: "destroy", text: "half" }, "stream_truncated"],
    ["that stalls is given up", { fault: "stall", text: "half" }, "timeout_idle"],
    [
      "of another shape is malformed",
      { fault: "raw", body: '{"choices": "none"}', contentType: "application/json" },
      "stream_malformed",
    ],
    [
      "without any choice is truncated",
      { fault: "raw", body: "{}", contentType: "application/json" },
      "stream_truncated",
    ],
  ])("%s", async (_what, fault, kind) => {
    expect((await askingFor(fault, local)).kind).toBe(kind);
  });

  test("of more than 32 MB is refused while it arrives", async () => {
    const error = await askingFor(
      { fault: "raw", body: `{"x":"${"y".repeat(33 * 1024 * 1024)}"}`, contentType: "application/json" },
      { selfHosted: true },
    );
    expect(error).toMatchObject({ kind: "too_large", retries: 0 });
  });
});

test.each<[string, number, unknown, string]>([
  ["a wrong key", 401, { error: { message: "Incorrect API key provided" } }, "auth"],
  ["a forbidden model", 403, { error: { message: "no access" } }, "auth"],
  [
    "an empty account",
    429,
    { error: { code: "insufficient_quota", message: "You exceeded your current quota" } },
    "quota",
  ],
  ["an unpaid bill", 402, {}, "quota"],
  ["too many requests", 429, { error: { message: "Rate limit reached" } }, "rate"],
  ["an overloaded server", 503, "<html>Service Unavailable</html>", "overloaded"],
  ["Anthropic's overload", 529, {}, "overloaded"],
  [
    "a queue that is full",
    500,
    { error: { message: "server busy, please try again.  maximum pending requests exceeded" } },
    "overloaded",
  ],
  ["a crash", 500, "<html><title>500</title>Oops</html>", "server"],
  ["a bad gateway", 502, "", "server"],
  [
    "a context that is too long",
    400,
    { error: { code: "context_length_exceeded", message: "too long" } },
    "context_overflow",
  ],
  [
    "old vLLM's flat error",
    400,
    {
      object: "error",
      message: "This model's maximum context length is 4096 tokens.",
      type: "BadRequestError",
      code: 400,
    },
    "context_overflow",
  ],
  [
    "llama.cpp's context error",
    400,
    { error: { code: 400, type: "exceed_context_size_error", n_prompt_tokens: 9000, n_ctx: 4096, message: "too big" } },
    "context_overflow",
  ],
  [
    "llama.cpp choking on history",
    500,
    { error: { message: "Failed to parse tool call arguments as JSON" } },
    "bad_history",
  ],
  ["vLLM choking on history", 400, { message: "Unterminated string starting at: line 1" }, "bad_history"],
  ["Ollama choking on a call", 500, { error: "error parsing tool call: raw='{\"command'" }, "tool_parse_server"],
  ["a refused prompt", 400, { error: { code: "invalid_prompt", message: "no" } }, "content_policy"],
  [
    "an unknown model",
    404,
    { error: { message: "The model `x` does not exist", code: "model_not_found" } },
    "bad_request",
  ],
  ["another bad request", 422, { error: { message: "nope" } }, "bad_request"],
  ["a redirect", 302, "", "redirected"],
])("%s (%i) is known for what it is", async (_what, status, body, kind) => {
  const error = await askingFor({ fault: "status", status, body });
  expect(error).toMatchObject({ kind, status, outcome: kind === "content_policy" ? "blocked" : "model-unavailable" });
});

test.each<[Record<string, string>, number | undefined]>([
  [{ "retry-after": "120" }, 120_000],
  [{ "retry-after": "2", "retry-after-ms": "1500" }, 2_000],
  [{ "retry-after": "Thu, 01 Jan 1970 00:00:00 GMT" }, undefined],
  [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0.5s" }, 360_500],
  [{ "x-ratelimit-remaining-tokens": "7", "x-ratelimit-reset-tokens": "6m0s" }, undefined],
  [{}, undefined],
])("a server's wish to wait is read from %o", async (headers, afterMs) => {
  expect((await askingFor({ fault: "status", status: 429, headers })).afterMs).toBe(afterMs);
});

test.each(["chat", "responses", "anthropic"] as const)(
  "over %s, no error ever shows the key, even if the server echoes it",
  async (wire) => {
    for (const fault of [
      { fault: "status", status: 401, body: { error: { message: `bad key ${key} (Bearer ${key})` } } },
      { fault: "status", status: 500, body: `<html>${key}</html>` },
      { fault: "raw", body: `<html>${key}</html>`, contentType: "text/html" },
      { fault: "raw", body: `not json ${key}`, contentType: "application/json" },
      { fault: "error-frame", error: { message: `${key}${"x".repeat(2_000)}` } },
    ] satisfies Fault[]) {
      const error = await askingFor(fault, { wire });
      expect(JSON.stringify([error.message, error.hint, String(error.stack), String(error.cause)])).not.toContain(key);
      expect(error.message.length).toBeLessThanOrEqual(500);
    }
  },
);

test("a short or odd key is kept out of errors too", async () => {
  const error = await askingFor(
    { fault: "status", status: 401, body: { error: { message: "key hunter22 is wrong" } } },
    { key: () => Promise.resolve("hunter22") },
  );
  expect(error.message).toBe("test answered 401: key [key] is wrong");
});

test("without a key a cloud endpoint is not asked; the hint names the variable", async () => {
  const { url, requests } = await serve({ text: "hi" });
  const error = await failureOf(askOnce(endpointAt(url, { key: () => Promise.resolve(undefined) })));
  expect(error).toMatchObject({ kind: "auth", outcome: "model-unavailable" });
  expect(error.hint).toContain("TEST_API_KEY");
  expect((await failureOf(askOnce(endpointAt(url, { key: () => Promise.resolve("sk-1\nX-Evil: 1") })))).kind).toBe(
    "auth",
  );
  expect(requests).toHaveLength(0);
});

test("a failed attempt that was probably billed carries an estimate, a refused one does not", async () => {
  expect((await askingFor({ fault: "cut", text: "I will" })).usage).toMatchObject({
    source: "estimated",
    outputVisible: 1,
  });
  expect((await askingFor({ fault: "status", status: 429 })).usage).toBeNull();
});

test("a server's word that asking again is no use counts", async () => {
  const error = await askingFor({ fault: "status", status: 500, headers: { "x-should-retry": "false" } });
  expect(error).toMatchObject({ kind: "server", retries: 0 });
});

test("nobody listening is unreachable, with the address in the hint", async () => {
  const { url, close } = await startModelServer(() => ({ text: "" }));
  await close();
  const error = await failureOf(askOnce(endpointAt(url)));
  expect(error.kind).toBe("unreachable");
  expect(error.hint).toContain(url);
});

test("what is no HTTP at all is no API", async () => {
  const url = await listen(
    createTcpServer((socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9\r\n\r\n"))),
  );
  expect((await failureOf(askOnce(endpointAt(url)))).kind).toBe("not_an_api");
});

test.each([
  [
    "switches to another protocol",
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "not_an_api",
  ],
  ["hangs up without a word", "", "stream_truncated"],
  [
    "ends in the middle of a line",
    'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: {"choices":[{"de',
    "stream_truncated",
  ],
])("a server that %s is not waited for", async (_, bytes, kind) => {
  const url = await listen(createTcpServer((socket) => socket.once("data", () => socket.end(bytes))));
  expect((await failureOf(askOnce(endpointAt(url)))).kind).toBe(kind);
});

test.each([
  ["0", undefined],
  ["-5", undefined],
  ["2.5", 2_500],
  ["Wed, 21 Oct 2015 07:28:00 GMT", undefined],
  ["9".repeat(40), 366 * 86_400_000],
])("a wish to be left alone for %s is a time that can be waited", async (after, afterMs) => {
  const error = await askingFor({ fault: "status", status: 429, headers: { "retry-after": after } });
  expect([error.kind, error.afterMs]).toEqual(["rate", afterMs]);
});

test.each([
  [408, "server"],
  [425, "server"],
  [413, "context_overflow"],
])("status %i is %s", async (status, kind) => {
  expect((await askingFor({ fault: "status", status })).kind).toBe(kind);
});

test("a host that accepts no connection is given up after the connect time", async () => {
  // 192.0.2.1 is reserved for documentation: packets to it are dropped or refused, never answered.
  const error = await failureOf(askOnce(endpointAt("http://192.0.2.1:81/v1", { deadlines: { connectMs: 100 } })));
  expect(["timeout_connect", "unreachable"]).toContain(error.kind);
});

test("a reply that drips for ever is ended by the total time", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const drip = setInterval(() => response.write(": ping\n\n"), 20);
    response.on("close", () => clearInterval(drip));
  });
  const url = await listen(server);
  expect((await failureOf(askOnce(endpointAt(url, { deadlines: { totalMs: 200, idleMs: 150 } })))).kind).toBe(
    "timeout_total",
  );
  server.closeAllConnections();
});

test("an idle connection the server has closed is replaced at once", async () => {
  // Each socket answers once and breaks when asked again, as a proxy with a short keep-alive does.
  const served = new WeakSet();
  const server = createServer((request, response) => {
    if (served.has(request.socket)) return request.socket.destroy();
    served.add(request.socket);
    request.resume();
    response
      .writeHead(200, { "content-type": "application/json" })
      .end(JSON.stringify({ choices: [{ message: { content: "ok" }, finish_reason: "stop" }] }));
  });
  const model = await connectModel(endpointAt(await listen(server)), systemClock);
  const signal = new AbortController().signal;
  for (let turn = 0; turn < 3; turn += 1) expect((await model.ask(requestOf(), signal)).message.text).toBe("ok");
  server.closeAllConnections();
});

test.each(["chat", "responses", "anthropic"] as const)(
  "over %s, turns share one connection, streaming or not",
  async (wire) => {
    let connections = 0;
    const { url } = await serve({ text: "ok" });
    const counter = createTcpServer((socket) => {
      connections += 1;
      const upstream = connect(Number(new URL(url).port), "127.0.0.1");
      socket.pipe(upstream).pipe(socket);
      upstream.on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
    });
    const through = await listen(counter);
    for (const selfHosted of [true, false]) {
      const model = await connectModel(endpointAt(through, { wire, selfHosted }), systemClock);
      for (let turn = 0; turn < 4; turn += 1) {
        await model.ask(requestOf(), new AbortController().signal);
        // The work between turns, in which the last bytes of a stream come in.
        await listModels(endpointAt(url), systemClock);
      }
    }
    expect(connections).toBe(2);
  },
);

test("a reply given up in its middle leaves neither a connection nor a timer behind", async () => {
  let closed: () => void;
  const gone = new Promise<void>((resolve) => (closed = resolve));
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write('data: {"choices":"none"}\n\n');
    response.on("close", () => closed());
  });
  expect((await failureOf(askOnce(endpointAt(await listen(server))))).kind).toBe("stream_malformed");
  await gone;
  expect(process.getActiveResourcesInfo().filter((name) => name === "Timeout").length).toBeLessThan(4);
});

test("a list of models that is none is no API", async () => {
  const url = await listen(createServer((_request, response) => response.end('{"hello":1}')));
  expect((await failureOf(listModels(endpointAt(url), systemClock))).kind).toBe("not_an_api");
});

test("an address that is none is a usage error that does not repeat it", async () => {
  for (const baseUrl of ["localhost:8000", "ftp://x", "user:secret@"]) {
    await expect(connectModel(endpointAt(baseUrl), systemClock)).rejects.toMatchObject({
      outcome: "usage",
      message: expect.not.stringContaining("secret") as string,
    });
  }
});
