import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { frame } from "../support/model-wire.ts";
import { askOnce, endpointAt, failureOf } from "./desk.ts";

/** What the server answers to the next request. */
let next: {
  readonly status?: number;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
  /** It never hangs up. */
  readonly open?: true;
};
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(next.status ?? 200, next.headers);
    if (next.open) response.write(next.body);
    else response.end(next.body);
  });
});
beforeAll(() => new Promise<void>((done) => server.listen(0, "127.0.0.1", done)));
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

function asked(wire: Endpoint["wire"]) {
  const { port } = server.address() as AddressInfo;
  return askOnce(endpointAt(`http://127.0.0.1:${port}/v1`, { wire }));
}
const jsonType = { "content-type": "application/json" };
const streamType = { "content-type": "text/event-stream" };
const usage = { prompt_tokens: 5, completion_tokens: 2 };
const chat = (message: object, finish_reason = "stop") =>
  JSON.stringify({ model: "test-model", usage, choices: [{ message, finish_reason }] });
const piece = (delta: object, finish_reason: string | null = null) =>
  frame({ model: "test-model", choices: [{ index: 0, delta, finish_reason }] });
const response = (...output: object[]) =>
  JSON.stringify({ object: "response", status: "completed", model: "test-model", output });

const args = { command: "ls", timeout_s: null };
const ls = { name: "bash", arguments: JSON.stringify(args) };
const block = { type: "tool_use", id: "t1", name: "bash", input: args };
const messages = (...content: object[]) =>
  JSON.stringify({ type: "message", role: "assistant", model: "test-model", content, stop_reason: "tool_use" });
const item = { type: "function_call", call_id: "c9", status: "completed", ...ls };

test.each<[string, Endpoint["wire"], string]>([
  ["the words of 2023", "chat", chat({ content: null, function_call: ls }, "function_call")],
  ["an id that is a number", "chat", chat({ tool_calls: [{ id: 7, function: ls }] })],
  [
    "one call listed twice",
    "chat",
    chat({
      tool_calls: [
        { id: "x", function: ls },
        { id: "x", function: ls },
      ],
    }),
  ],
  ["an item announced twice", "responses", response(item, item)],
  ["a block given twice", "anthropic", messages(block, block)],
])("a call in %s is one call", async (_, wire, body) => {
  next = { headers: jsonType, body };
  expect((await asked(wire)).message.calls.map((call) => call.args)).toEqual([args]);
});

test("two calls that differ, or have no id, stay two", async () => {
  const calls = [{ function: ls }, { function: ls }, { id: "x", function: ls }];
  next = { headers: jsonType, body: chat({ tool_calls: [...calls, { id: "x", function: { ...ls, name: "read" } }] }) };
  expect((await asked("chat")).message.calls).toHaveLength(4);
});

const parts = [
  { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
  { type: "text", text: "Done." },
];
const streamed = piece({ content: "Do" }) + piece({ content: "ne." }) + piece({}, "stop") + "data: [DONE]\n\n";
test.each<[string, Endpoint["wire"], Record<string, string>, string | Buffer]>([
  ["in parts", "chat", jsonType, chat({ content: parts })],
  ["as a plain string", "responses", jsonType, response({ type: "message", content: "Done." })],
  ["as a stream that does not call itself one", "chat", { "content-type": "application/octet-stream" }, streamed],
  ["packed by a proxy", "chat", { ...jsonType, "content-encoding": "gzip" }, gzipSync(chat({ content: "Done." }))],
  ["packed as zstd", "chat", { ...jsonType, "content-encoding": "zstd" }, zstdCompressSync(chat({ content: "Done." }))],
  ["after a byte order mark", "chat", jsonType, `\ufeff${chat({ content: "Done." })}`],
  [
    "of the first of two answers",
    "chat",
    streamType,
    frame({ choices: [{ index: 1, delta: { content: "No." }, finish_reason: "stop" }] }) + streamed,
  ],
  [
    "packed, in a stream",
    "chat",
    { "content-type": "text/event-stream", "content-encoding": "br" },
    brotliCompressSync(streamed),
  ],
])("words %s are read", async (_, wire, headers, body) => {
  next = { headers, body };
  expect((await asked(wire)).message.text).toBe("Done.");
});

test("what cannot be unpacked is a broken reply, and no terminal obeys what a server says", async () => {
  next = { headers: { ...jsonType, "content-encoding": "gzip" }, body: "not packed at all" };
  expect((await failureOf(asked("chat"))).kind).toBe("stream_malformed");
  next = { headers: jsonType, body: "\u001b]0;owned\u0007\u001b[2Jhello\u0000\u202e" };
  expect((await failureOf(asked("chat"))).message).toBe("test sent a reply that is not JSON: hello");
});

test("errors in the words of FastAPI are understood: what is wrong, and which parameter", async () => {
  const detail = [{ type: "extra_forbidden", loc: ["body", "stream_options"], msg: "Extra inputs are not permitted" }];
  next = { status: 422, headers: jsonType, body: JSON.stringify({ detail }) };
  const error = await failureOf(asked("chat"));
  expect([error.kind, error.param]).toEqual(["unsupported_param", "stream_options"]);
  expect(error.message).toBe("test answered 422: stream_options: Extra inputs are not permitted");
  next = { status: 403, headers: jsonType, body: JSON.stringify({ detail: "Not authenticated" }) };
  expect((await failureOf(asked("chat"))).message).toBe("test answered 403: Not authenticated");
});

test("two calls of one name under one index stay two, when each is whole", async () => {
  const call = (command: string) =>
    piece({ tool_calls: [{ index: 0, function: { name: "bash", arguments: JSON.stringify({ command }) } }] });
  const body = `${call("a")}${call("b")}${piece({}, "stop")}data: [DONE]\n\n`;
  next = { headers: streamType, body };
  expect((await asked("chat")).message.calls.map((each) => each.args?.["command"])).toEqual(["a", "b"]);
});

const part = (id: string | undefined, name: string | undefined, text: string) =>
  piece({ tool_calls: [{ index: 0, id, function: { name, arguments: text } }] });
const read = { path: "a", start: null, end: null };
const start = { type: "message_start", message: { model: "test-model" } };
const block0 = (name: string, input: object) =>
  [
    { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: name, name, input: {} } },
    { type: "content_block_delta", index: 0, delta: { type: "input_json_delta", partial_json: JSON.stringify(input) } },
    { type: "content_block_stop", index: 0 },
  ]
    .map(frame)
    .join("");
const stop = frame({ type: "message_delta", delta: { stop_reason: "tool_use" } }) + frame({ type: "message_stop" });
const completed = (...output: object[]) =>
  frame({ type: "response.completed", response: { status: "completed", model: "test-model", output } });
const done = (call: object) => frame({ type: "response.output_item.done", item: call });
const readItem = { ...item, call_id: "c10", name: "read", arguments: JSON.stringify(read) };
const end = `${piece({}, "tool_calls")}data: [DONE]\n\n`;

test.each<[string, Endpoint["wire"], string, object[]]>([
  [
    "under one id",
    "chat",
    part("x", "bash", ls.arguments) + part("x", "read", JSON.stringify(read)) + end,
    [args, read],
  ],
  [
    "with an id for every piece",
    "chat",
    part("x", "bash", "") + part("y", undefined, ls.arguments.slice(0, 9)) + part("z", "", ls.arguments.slice(9)) + end,
    [args],
  ],
  ["repeated as a whole", "chat", part("x", "bash", ls.arguments) + part("x", "bash", ls.arguments) + end, [args]],
  ["of which one was announced", "responses", done(item) + completed(item, readItem), [args, read]],
  ["all in block 0", "anthropic", frame(start) + block0("bash", args) + block0("read", read) + stop, [args, read]],
  [
    "asked for anew",
    "anthropic",
    frame(start) + block0("read", read) + frame(start) + block0("bash", args) + stop,
    [args],
  ],
  ["between events without data", "chat", `data:\n\n${part("x", "bash", ls.arguments)}data: \n\n${end}`, [args]],
  ["in one document", "anthropic", messages(block), [args]],
])("calls %s are read from a stream", async (_, wire, body, expected) => {
  next = { headers: streamType, body };
  expect((await asked(wire)).message.calls.map((call) => call.args)).toEqual(expected);
});

test.each<[Endpoint["wire"], string]>([
  ["chat", part("x", "bash", ls.arguments) + end],
  ["responses", done(item) + completed()],
  ["anthropic", frame(start) + block0("bash", args) + stop],
])("nothing is waited for, and no error counts, after the end of a reply: %s", async (wire, body) => {
  for (const after of ["", 'data: {"error":{"message":"late"}}\n\n']) {
    next = { headers: streamType, body: body + after, open: true };
    expect((await asked(wire)).message.calls).toHaveLength(1);
  }
});

test("an empty word for the end, said with every piece, is none", async () => {
  next = { headers: streamType, body: piece({ content: "I look" }, "") };
  expect((await failureOf(asked("chat"))).kind).toBe("stream_truncated");
});

test("counts that no request can have are not believed", async () => {
  const body = {
    ...(JSON.parse(chat({ content: "Done." })) as object),
    usage: { prompt_tokens: 9e15, completion_tokens: 9e15 },
  };
  next = { headers: jsonType, body: JSON.stringify(body) };
  expect((await asked("chat")).usage.source).toBe("estimated");
});

test("what comes after the end of a response is no part of it, and its list may be left out", async () => {
  const bare = { type: "response.completed", response: { status: "completed", model: "test-model", output: null } };
  const body = done(item) + frame(bare) + done(readItem);
  next = { headers: streamType, body };
  expect((await asked("responses")).message.calls).toHaveLength(1);
});

test.each([
  { type: "error", error: { type: "not_found_error", message: "model: x" } },
  { type: "error", error: { type: "invalid_request_error", message: "max_tokens: must be positive" } },
  { error: "model 'x' not found, try pulling it first" },
])("a mistake that is told with status 200 is not repeated: %j", async (body) => {
  next = { headers: jsonType, body: JSON.stringify(body) };
  expect(await failureOf(asked("anthropic"))).toMatchObject({ kind: "bad_request", retries: 0 });
});
