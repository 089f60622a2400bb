import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Message } from "../../src/ledger/message.ts";
import { connectModel } from "../../src/models/connect.ts";
import { type Fault, inTurn, type ModelServer, type SeenRequest, startModelServer } from "../support/model-server.ts";
import { type Said, serverDialects } from "../support/server-dialects.ts";
import { askOnce, endpointAt, failureOf, opening, requestOf } from "./desk.ts";

const servers: ModelServer[] = [];
async function serve(script: (request: SeenRequest) => Fault) {
  const server = await startModelServer(script);
  servers.push(server);
  return server;
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const ls = { name: "bash", args: { command: "ls", timeout_s: null } };
const look = { name: "read", args: { path: "a.ts", start: 1, end: null } };
const edit = {
  name: "edit",
  args: { path: "a.ts", old_string: 'a "b"\n', new_string: "c\\d ünï", replace_all: null },
};

interface Sent {
  readonly role: string;
  readonly tool_calls?: readonly { readonly id: string; readonly function: { readonly arguments: string } }[];
  readonly tool_call_id?: string;
}

/** What a strict server says of a history: null, or its first fault. */
function faultOf(messages: readonly Sent[]): string | null {
  let open: string[] = [];
  for (const { role, tool_calls = [], tool_call_id = "" } of messages) {
    if (role === "tool" && !open.includes(tool_call_id)) return `no call ${tool_call_id}`;
    open = role === "tool" ? open.filter((id) => id !== tool_call_id) : open;
    if (role !== "tool" && open.length > 0) return "calls must be followed by tool messages";
    for (const call of tool_calls) {
      if (!/^\{.*\}$/s.test(call.function.arguments)) return "failed to parse tool call arguments";
      JSON.parse(call.function.arguments);
      open.push(call.id);
    }
  }
  return open.length > 0 ? "calls without results" : null;
}

describe.each(serverDialects)("$name", (dialect) => {
  const { selfHosted } = dialect;
  const at = (url: string) => endpointAt(url, { selfHosted });

  test("holds a conversation: words, thinking, one call, two calls, and a history that it accepts", async () => {
    const story: Said[] = [
      { text: "I look.", thinking: "where is it?", calls: [ls] },
      { calls: [look, edit] },
      { text: "Done.", thinking: "all well" },
    ];
    const { url, requests } = await serve(({ body, index }) => {
      const wrong = faultOf(body["messages"] as Sent[]);
      if (wrong !== null) return { fault: "status", status: 500, body: { error: { message: wrong } } };
      return dialect.reply(story[index] ?? {}, body["stream"] === true);
    });
    const model = await connectModel(at(url), systemClock);
    let messages: readonly Message[] = opening;
    const heard: unknown[] = [];
    for (const _ of story) {
      const { message, stop, usage } = await model.ask(requestOf(messages), new AbortController().signal);
      heard.push([message.text, message.calls.map(({ name, args }) => ({ name, args })), stop]);
      expect(usage).toMatchObject(
        dialect.usage === null
          ? { source: "estimated" }
          : {
              source: "provider",
              inputUncached: dialect.usage.uncached,
              inputCacheRead: dialect.usage.cached,
              outputVisible: dialect.usage.output,
            },
      );
      const results = message.calls.map((call): Message => ({
        role: "tool",
        callId: call.id,
        name: call.name,
        ok: true,
        text: "fine",
      }));
      messages = [...messages, message, ...results];
    }
    expect(heard).toEqual([
      ["I look.", [ls], "calls"],
      ["", [look, edit], "calls"],
      ["Done.", [], "end"],
    ]);
    expect(requests.every(({ body }) => body["stream"] === !selfHosted)).toBe(true);
    expect(requests[1]?.raw).toContain("where is it?");
  });

  test.skipIf(dialect.overflow === null)("says that the history does not fit", async () => {
    const { url } = await serve(() => dialect.overflow ?? { fault: "hang" });
    expect(await failureOf(askOnce(at(url)))).toMatchObject({ kind: "context_overflow", retries: 0 });
  });

  test("is waited for while it is busy, and not asked again for a model that it does not have", async () => {
    const { url } = await serve((request) => (request.index === 0 ? dialect.busy : dialect.noSuchModel));
    const busy = await failureOf(askOnce(at(url)));
    expect(["overloaded", "rate"]).toContain(busy.kind);
    expect(busy.isFault).toBe(false);
    expect(await failureOf(askOnce(at(url)))).toMatchObject({ kind: "bad_request", retries: 0 });
  });
});

const chat = (message: object, finish_reason = "stop"): Fault => ({
  fault: "raw",
  contentType: "application/json",
  body: JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason }] }),
});
const call = (args: unknown, name = "bash", id = "c1") => ({
  id,
  type: "function",
  function: { name, arguments: args },
});
const stream = (...frames: readonly (object | string)[]): Fault => ({
  fault: "raw",
  contentType: "text/event-stream",
  body: frames.map((frame) => (typeof frame === "string" ? frame : `data: ${JSON.stringify(frame)}\n\n`)).join(""),
});
const delta = (piece: object, finish_reason: string | null = null) => ({ choices: [{ delta: piece, finish_reason }] });

describe("known breakages of servers", () => {
  test.each<[string, Fault, (Record<string, unknown> | null)[], string]>([
    [
      "vLLM: cut arguments with a leaked tag",
      chat({ tool_calls: [call('{"command": "rm -rf b\n</parameter>')] }, "tool_calls"),
      [null],
      "calls",
    ],
    ["vLLM: no opening brace", chat({ tool_calls: [call('"command": "ls", "timeout_s": null}')] }), [ls.args], "calls"],
    [
      "vLLM: tool_calls as the reason, and none there",
      chat({ content: "Hm.", tool_calls: [] }, "tool_calls"),
      [],
      "end",
    ],
    [
      "vLLM: a call cut at the output limit",
      chat({ tool_calls: [call('{"command":"ls","timeout_s":null}')] }, "length"),
      [null],
      "length",
    ],
    [
      "SGLang: an unknown tool beside a known one",
      chat({ tool_calls: [call("{}", "rocket", "a"), call(JSON.stringify(ls.args), "bash", "b")] }),
      [null, ls.args],
      "calls",
    ],
    [
      "LM Studio: a call only thought of",
      chat({
        content: '<think>I could <tool_call>{"name":"bash","arguments":{"command":"ls"}}</tool_call></think>No.',
      }),
      [],
      "end",
    ],
    [
      "LM Studio: a call left in the text",
      chat({ content: '[TOOL_CALLS]bash[ARGS]{"command": "ls"}' }),
      [ls.args],
      "calls",
    ],
    [
      "Ollama: arguments twice encoded",
      chat({ tool_calls: [call(JSON.stringify('{"command":"ls"}'))] }),
      [ls.args],
      "calls",
    ],
    ["an answer of nothing", chat({ content: null }), [], "end"],
    ["fields that nobody knows", chat({ content: "ok", mood: { x: 1 }, tool_calls: null }, "eos"), [], "end"],
  ])("%s", async (_what, reply, calls, stop) => {
    const { url } = await serve(() => reply);
    const got = await askOnce(endpointAt(url, { selfHosted: true }));
    expect(got.message.calls.map(({ args }) => args)).toEqual(calls);
    expect(got.stop).toBe(stop);
  });

  test.each<[string, Fault]>([
    ["the reason twice", stream(delta({ content: "ok" }), delta({}, "stop"), delta({}, "stop"), "data: [DONE]\n\n")],
    ["pings and comments between", stream(": ping\n\n", delta({ content: "ok" }), ":\n\n", delta({}, "stop"))],
    ["no space after the colon, and CR LF", stream(`data:${JSON.stringify(delta({ content: "ok" }, "stop"))}\r\n\r\n`)],
    ["events with names and ids", stream("event: x\nid: 7\nretry: 10\n", delta({ content: "ok" }, "stop"))],
    ["a byte order mark", stream("\uFEFF", delta({ content: "ok" }, "stop"))],
    ["empty choices at first", stream({ choices: [], prompt_filter_results: [] }, delta({ content: "ok" }, "stop"))],
    ["a null usage on every frame", stream({ ...delta({ content: "ok" }), usage: null }, delta({}, "stop"))],
  ])("a stream with %s is read", async (_what, reply) => {
    const { url } = await serve(() => reply);
    expect((await askOnce(endpointAt(url))).message.text).toBe("ok");
  });

  test.each<[string, Fault, string]>([
    [
      "OpenRouter: a provider that drops out in the middle",
      stream(delta({ content: "I" }), {
        ...delta({}, "error"),
        error: { code: "server_error", message: "Provider disconnected" },
      }),
      "server",
    ],
    ["OpenRouter: an error as the reason alone", stream(delta({ content: "I" }), delta({}, "error")), "server"],
    ["vLLM: an aborted request", stream(delta({ content: "I" }), delta({}, "abort")), "stream_truncated"],
    [
      "OpenRouter: input flagged by moderation",
      {
        fault: "status",
        status: 403,
        body: { error: { code: 403, message: "openai/x requires moderation: your input was flagged for violence" } },
      },
      "content_policy",
    ],
    [
      "200, and an error of 401 within",
      { fault: "raw", contentType: "application/json", body: '{"error":{"code":401,"message":"No cookie auth"}}' },
      "auth",
    ],
    [
      "200, and an error of 429 in a stream",
      stream({ error: { code: 429, message: "Rate limited upstream" } }),
      "rate",
    ],
    [
      "LM Studio: 200 for a path it does not have",
      {
        fault: "raw",
        contentType: "application/json",
        body: '{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
      },
      "not_an_api",
    ],
    [
      "llama.cpp: history that it cannot read",
      {
        fault: "status",
        status: 500,
        body: { error: { code: 500, message: "Failed to parse tool call arguments as JSON: [json.exception]" } },
      },
      "bad_history",
    ],
    [
      "Ollama: a call that it cannot read",
      {
        fault: "status",
        status: 500,
        body: { error: { message: "error parsing tool call: raw='{\"co", type: "api_error" } },
      },
      "tool_parse_server",
    ],
  ])("%s is known for what it is", async (_what, fault, kind) => {
    const { url } = await serve(() => fault);
    expect((await failureOf(askOnce(endpointAt(url)))).kind).toBe(kind);
  });

  const garbled: Fault = { fault: "status", status: 500, body: { error: { message: "error parsing tool call" } } };

  test("a server that cannot read its model's calls three times in a row is given no tools: the model writes calls as text", async () => {
    const text = (body: object): Fault => ({
      fault: "raw",
      contentType: "application/json",
      body: JSON.stringify({ choices: [{ message: body, finish_reason: "stop" }] }),
    });
    const written = `I look.\n<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>`;
    const server = await startModelServer(
      inTurn(garbled, garbled, garbled, text({ content: written }), text({ content: "ok" })),
    );
    servers.push(server);
    const model = await connectModel(endpointAt(server.url, { selfHosted: true }), systemClock);
    const signal = new AbortController().signal;
    for (let failed = 0; failed < 3; failed += 1) await failureOf(model.ask(requestOf(), signal));
    const { message, heard } = await model.ask(requestOf(), signal);
    expect(message).toMatchObject({
      text: "I look.",
      calls: [{ name: "bash", args: ls.args, repairs: ["text-rescue", "coerce"] }],
    });
    expect(heard?.leftOut).toEqual(["tools"]);
    const result: Message = { role: "tool", callId: message.calls[0]?.id ?? "", name: "bash", ok: true, text: "a.ts" };
    await model.ask(requestOf([...opening, message, result]), signal);
    const [before, after] = server.requests.slice(-2).map(({ body }) => body as { messages: { content: string }[] });
    expect([before, after].some((body) => body && "tools" in body)).toBe(false);
    expect(before?.messages[0]?.content).toContain('{"name":"read","description":"read it"');
    expect(after?.messages.slice(0, 2)).toEqual(before?.messages);
    expect(after?.messages.slice(2)).toEqual([
      {
        role: "assistant",
        content: 'I look.\n<tool_call>\n{"name":"bash","arguments":{"command":"ls","timeout_s":null}}\n</tool_call>',
      },
      { role: "user", content: "Answer of bash:\na.ts" },
    ]);
  });

  test("after a call that the server could not read, the next try is a little less sure of itself", async () => {
    const server = await startModelServer(inTurn(garbled, garbled, { text: "ok" }));
    servers.push(server);
    const { url, requests } = server;
    const model = await connectModel(endpointAt(url, { selfHosted: true }), systemClock);
    const signal = new AbortController().signal;
    for (let failed = 0; failed < 2; failed += 1) await failureOf(model.ask(requestOf(), signal));
    await model.ask(requestOf(), signal);
    await model.ask(requestOf(), signal);
    expect(requests.map(({ body }) => body["temperature"])).toEqual([undefined, 0.1, 0.2, undefined]);
  });
});
