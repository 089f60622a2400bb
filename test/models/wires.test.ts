import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Message } from "../../src/ledger/message.ts";
import { connectModel } from "../../src/models/connect.ts";
import { listModels } from "../../src/models/list-models.ts";
import { inTurn, startModelServer, type ModelServer, type Script } from "../support/model-server.ts";
import { askOnce, endpointAt, key, opening, requestOf } from "./desk.ts";

const servers: ModelServer[] = [];
const serve = async (script: Script, models?: string[]) => {
  const server = await startModelServer(script, models);
  servers.push(server);
  return server;
};
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const ls = { name: "bash", arguments: { command: "ls", timeout_s: null } };

const connections = [
  { name: "chat, cloud", wire: "chat", selfHosted: false, streams: true },
  { name: "chat, self-hosted", wire: "chat", selfHosted: true, streams: false },
  {
    name: "chat, self-hosted, as its owner wants it",
    wire: "chat",
    selfHosted: true,
    streamTools: true,
    streams: true,
  },
  { name: "responses, cloud", wire: "responses", selfHosted: false, streams: true },
  { name: "responses, self-hosted", wire: "responses", selfHosted: true, streams: false },
  { name: "Anthropic messages, cloud", wire: "anthropic", selfHosted: false, streams: true },
  { name: "Anthropic messages, self-hosted", wire: "anthropic", selfHosted: true, streams: false },
] as const;

describe.each(connections)("over $name", ({ wire, selfHosted, streams, ...wanted }) => {
  const at = (url: string) => endpointAt(url, { wire, selfHosted, ...wanted });

  test("a reply comes back whole: text, calls, usage, who answered", async () => {
    const reply = {
      text: "Looking at ünïcode 日本.",
      calls: [ls, { name: "read", arguments: { path: "a.ts", start: 1, end: null } }],
      usage: { input: 1_000, output: 50, cached: 600, cacheWrite: 300, reasoning: 20 },
      model: "test-model-2026",
      tier: "flex",
    };
    const { url, requests } = await serve(() => reply);
    const got = await askOnce(at(url));
    expect(got.message).toEqual({
      role: "assistant",
      text: reply.text,
      calls: [
        { id: "call_0", name: "bash", args: ls.arguments, repairs: [] },
        { id: "call_1", name: "read", args: { path: "a.ts", start: 1, end: null }, repairs: [] },
      ],
    });
    expect(got).toMatchObject({
      stop: "calls",
      servedModel: "test-model-2026",
      servedTier: "flex",
      requestId: "req-0",
    });
    expect(got.usage).toEqual({
      inputUncached: 100,
      inputCacheRead: 600,
      inputCacheWrite: 300,
      outputVisible: 30,
      outputReasoning: 20,
      source: "provider",
    });
    expect(got.firstByteMs).toBeLessThanOrEqual(got.ms);
    expect(requests[0]?.body["stream"]).toBe(streams);
    const { authorization, "x-api-key": own } = requests[0]?.headers ?? {};
    expect(wire === "anthropic" ? own : authorization).toBe(wire === "anthropic" ? key : `Bearer ${key}`);
  });

  test("each request's bytes begin with those of the one before it, and equal requests have equal bytes", async () => {
    const { url, requests } = await serve(
      inTurn(
        { text: "one", calls: [ls], reasoning: "hm" },
        { text: "two", calls: [{ name: "bash", arguments: '{"command": "cut of' }] },
        { calls: [{ name: "nonsense tool!", arguments: "{}" }] },
        { text: "three" },
      ),
    );
    const model = await connectModel(at(url), systemClock);
    let messages: readonly Message[] = opening;
    for (let turn = 0; turn < 4; turn += 1) {
      const { message } = await model.ask(requestOf(messages), new AbortController().signal);
      const results = message.calls.map((call): Message => ({
        role: "tool",
        callId: call.id,
        name: call.name,
        ok: call.args !== null,
        text: call.error ?? "a.ts",
      }));
      messages = [...messages, message, ...results];
    }
    await model.ask(requestOf(messages), new AbortController().signal);
    await model.ask(requestOf(messages), new AbortController().signal);
    const bytes = requests.map((request) => request.raw.replaceAll(',"cache_control":{"type":"ephemeral"}', ""));
    for (const [index, later] of bytes.slice(1, 5).entries())
      expect(later.startsWith(bytes[index]?.slice(0, -"]}".length) ?? "?")).toBe(true);
    expect(bytes[5]).toBe(bytes[4]);
  });

  test("a malformed call is replayed by the names of its arguments, never as it came", async () => {
    const { url, requests } = await serve(
      inTurn({ calls: [{ name: "bash", arguments: '{"command": "rm -rf b' }] }, { text: "ok" }),
    );
    const { message, stop } = await askOnce(at(url));
    expect(message.calls[0]).toMatchObject({ name: "bash", args: null });
    expect(message.calls[0]?.error).toMatch(/^the call broke off before its end/);
    expect(stop).toBe("calls");
    await askOnce(
      at(url),
      requestOf([...opening, message, { role: "tool", callId: "call_0", name: "bash", ok: false, text: "truncated" }]),
    );
    const shown = '{"_not_executed":["command"]}';
    expect(requests[1]?.raw).toContain(wire === "anthropic" ? `"input":${shown}` : JSON.stringify(shown));
    expect(requests[1]?.raw).not.toContain("broke off");
    expect(requests[1]?.raw).not.toContain("rm -rf b");
  });

  test("calls are counted, whatever the server says about why it stopped", async () => {
    const { url } = await serve(inTurn({ text: "hi", finish: "tool_calls" }, { calls: [ls], finish: "stop" }));
    expect((await askOnce(at(url))).stop).toBe("end");
    expect((await askOnce(at(url))).stop).toBe("calls");
  });

  test("at the output limit the last call is not executable, the ones before it are", async () => {
    const { url } = await serve(() => ({ calls: [ls, ls], finish: "length" }));
    const { message, stop } = await askOnce(at(url));
    expect(message.calls.map((call) => call.args)).toEqual([ls.arguments, null]);
    expect(message.calls[1]?.error).toMatch(/^your output was cut at 1000 tokens/);
    expect(stop).toBe("calls");
  });

  test("an unknown tool does not harm its neighbours", async () => {
    const { url } = await serve(() => ({ calls: [{ name: "launch_rocket", arguments: { at: "moon" } }, ls] }));
    const { message } = await askOnce(at(url));
    expect(message.calls.map((call) => call.args)).toEqual([null, ls.arguments]);
    expect(message.calls[0]?.error).toBe("there is no tool launch_rocket; the tools are: bash, read, edit, finish");
  });

  test("of ten thousand calls 64 are kept, and the reply says so", async () => {
    const { url } = await serve(() => ({
      text: "Many.",
      calls: Array.from({ length: 10_000 }, (_, index) => ({ ...ls, id: `n${index}` })),
    }));
    const { message } = await askOnce(at(url));
    expect(message.calls).toHaveLength(64);
    expect(message.text).toBe("Many.\n[9936 further calls of this reply were dropped: at most 64 are kept]");
  });

  test("call ids are unique in a session and acceptable everywhere", async () => {
    const { url } = await serve(() => ({
      calls: [
        { ...ls, id: "call_0" },
        { name: "bash", arguments: { command: "pwd", timeout_s: null }, id: "call_0" },
        { ...ls, id: "über:1" },
      ],
    }));
    const first = await askOnce(at(url));
    const second = await askOnce(at(url), requestOf([...opening, first.message]));
    const ids = [...first.message.calls, ...second.message.calls].map((call) => call.id);
    expect(new Set(ids).size).toBe(6);
    expect(ids.every((id) => /^[\w-]{1,64}$/.test(id))).toBe(true);
  });

  test("missing or impossible usage is estimated and marked", async () => {
    const { url } = await serve(
      inTurn(
        { text: "hello", usage: null },
        { text: "hello", usage: { input: 0, output: 0 } },
        { text: "hello", usage: { input: 10, output: 5, cached: 99 } },
      ),
    );
    for (let turn = 0; turn < 3; turn += 1) {
      const { usage } = await askOnce(at(url));
      expect(usage).toMatchObject({ source: "estimated", outputVisible: 2 });
      expect(usage.inputUncached).toBeGreaterThan(100);
    }
  });

  test("a filtered reply is a refusal", async () => {
    const { url } = await serve(() => ({ text: "", finish: "content_filter" }));
    expect((await askOnce(at(url))).stop).toBe("refusal");
  });
});

test("reasoning goes back verbatim to the same endpoint and model, in its place, and to no other", async () => {
  const { url, requests } = await serve(() => ({ text: "ok", reasoning: "ENCRYPTED", calls: [ls] }));
  const here = endpointAt(url, { wire: "responses" });
  const { message } = await askOnce(here);
  const history = requestOf([...opening, message]);
  await askOnce(here, history);
  await askOnce({ ...here, model: "another" }, history);
  const [, same, other] = requests.map((request) => request.body["input"] as { type?: string; role?: string }[]);
  expect(same?.slice(2)).toEqual([
    { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "ENCRYPTED" },
    { role: "assistant", content: "ok" },
    { type: "function_call", call_id: "call_0", name: "bash", arguments: '{"command":"ls","timeout_s":null}' },
  ]);
  expect(other?.slice(2).map((item) => item.type ?? item.role)).toEqual(["assistant", "function_call"]);
});

test.each(["chat thinking field", "think tags"])(
  "%s: thinking is kept out of the text and sent back where it came from",
  async (kind) => {
    const tags = kind === "think tags";
    const { url, requests } = await serve(() =>
      tags ? { text: "<think>hm</think>\n\nDone." } : { text: "Done.", reasoning: "hm" },
    );
    const here = endpointAt(url, { selfHosted: true });
    const { message } = await askOnce(here);
    expect(message.text).toBe("Done.");
    await askOnce(here, requestOf([...opening, message]));
    const sent = requests[1]?.body["messages"] as unknown[] | undefined;
    expect(sent?.at(-1)).toEqual(
      tags
        ? { role: "assistant", content: "<think>hm</think>\n\nDone." }
        : { role: "assistant", content: "Done.", reasoning_content: "hm" },
    );
  },
);

test("a self-hosted server gets no parameter it may not know", async () => {
  const { url, requests } = await serve(() => ({ text: "ok" }));
  await askOnce(endpointAt(url, { selfHosted: true }));
  await askOnce(endpointAt(url, { selfHosted: true, wire: "responses" }));
  expect(requests.map((request) => Object.keys(request.body))).toEqual([
    ["model", "max_tokens", "stream", "tools", "messages"],
    ["model", "store", "max_output_tokens", "stream", "tools", "input"],
  ]);
});

test("a self-hosted server without a key gets no authorization header", async () => {
  const { url, requests } = await serve(() => ({ text: "ok" }));
  await askOnce(endpointAt(url, { selfHosted: true, key: () => Promise.resolve(undefined) }));
  expect(requests[0]?.headers.authorization).toBeUndefined();
});

test("the Responses wire keeps nothing on the server", async () => {
  const { url, requests } = await serve(() => ({ text: "ok" }));
  await askOnce(endpointAt(url, { wire: "responses" }));
  expect(requests[0]?.body).toMatchObject({
    store: false,
    include: ["reasoning.encrypted_content"],
    truncation: "disabled",
    prompt_cache_key: "claw:run1",
  });
});

test("a parameter the server does not know is left out from then on", async () => {
  const { url, requests } = await serve(({ body }) => {
    if ("stream_options" in body)
      return { fault: "status", status: 400, body: { error: { message: "Unsupported parameter: 'stream_options'" } } };
    return "max_tokens" in body
      ? {
          fault: "status",
          status: 400,
          body: { error: { message: "use max_completion_tokens", code: "unsupported_parameter", param: "max_tokens" } },
        }
      : { text: "ok" };
  });
  const model = await connectModel(endpointAt(url), systemClock);
  const signal = new AbortController().signal;
  expect((await model.ask(requestOf(), signal)).message.text).toBe("ok");
  await model.ask(requestOf(), signal);
  expect(requests).toHaveLength(4);
  expect(requests[3]?.body).toMatchObject({ max_completion_tokens: 1_000 });
});

test.each([
  "max_tokens: 1000 > 512, which is the maximum allowed number of output tokens for test-model",
  "max_tokens is too large: 1000. This model supports at most 512 completion tokens, whereas you provided 1000.",
])("a reply that may be longer than the model can give is asked for in a shorter length: %s", async (message) => {
  const { url, requests } = await serve(({ body }) =>
    Number(body["max_tokens"]) > 512
      ? { fault: "status", status: 400, body: { error: { message, type: "invalid_request_error" } } }
      : { text: "ok" },
  );
  const model = await connectModel(endpointAt(url, { wire: "anthropic" }), systemClock);
  const signal = new AbortController().signal;
  await model.ask(requestOf(), signal);
  await model.ask(requestOf(), signal);
  expect(requests.map(({ body }) => body["max_tokens"])).toEqual([1_000, 512, 512]);
});

test("calls a self-hosted server left in the text are found there", async () => {
  const { url } = await serve(() => ({
    text: 'Let me look.\n<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>',
  }));
  const { message, stop } = await askOnce(endpointAt(url, { selfHosted: true }));
  expect(message).toMatchObject({
    text: "Let me look.",
    calls: [{ id: "c1", args: { command: "ls", timeout_s: null }, repairs: ["text-rescue", "coerce"] }],
  });
  expect(stop).toBe("calls");
  expect((await askOnce(endpointAt(url))).stop).toBe("end");
});

test("parallel calls that all come under index 0 stay apart, and arguments may be objects", async () => {
  const delta = (call: object) =>
    `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [{ index: 0, ...call }] } }] })}\n\n`;
  const frames =
    delta({ id: "a", function: { name: "bash", arguments: { command: "ls" } } }) +
    delta({ id: "b", function: { name: "bash", arguments: '{"command":"pwd"}' } });
  const { url } = await serve(() => ({
    fault: "raw",
    contentType: "text/event-stream",
    body: `${frames}data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n`,
  }));
  const { message } = await askOnce(endpointAt(url));
  expect(message.calls.map((call) => call.args?.["command"])).toEqual(["ls", "pwd"]);
});

test("text is shown as it arrives", async () => {
  const { url } = await serve(() => ({ text: "Hello there" }));
  for (const wire of ["chat", "responses", "anthropic"] as const) {
    const model = await connectModel(endpointAt(url, { wire }), systemClock);
    let shown = "";
    await model.ask(
      requestOf(),
      new AbortController().signal,
      (delta) => (shown += delta.kind === "text" ? `[${delta.text}]` : ""),
    );
    expect(shown).toBe("[Hello][ there]");
  }
});

test("the models of a server are listed by name", async () => {
  const { url } = await serve(() => ({ text: "" }), ["b-model", "a-model"]);
  expect(await listModels(endpointAt(url), systemClock)).toEqual(["a-model", "b-model"]);
});

test("connecting sends nothing and describes who will answer", async () => {
  const model = await connectModel(endpointAt("http://127.0.0.1:9/v1", { selfHosted: true }), systemClock);
  expect(model.info).toEqual({
    endpoint: "test",
    model: "test-model",
    wire: "chat",
    selfHosted: true,
    label: "test/test-model",
    server: "127.0.0.1:9",
    maxOutputTokens: 8_000,
  });
});
