import { afterEach, describe, expect, test } from "vitest";
import type { AssistantMessage, Message } from "../../src/ledger/message.ts";
import { inTurn, startModelServer, type ModelServer, type Script, type SeenRequest } from "../support/model-server.ts";
import { askOnce, endpointAt, failureOf, opening, requestOf } from "./desk.ts";

const servers: ModelServer[] = [];
async function serve(script: Script) {
  const server = await startModelServer(script);
  servers.push(server);
  return { requests: server.requests, here: endpointAt(server.url, { wire: "anthropic" }) };
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const ls = { name: "bash", arguments: { command: "ls", timeout_s: null } };
const called = (id: string) => ({ id, name: "bash", args: ls.arguments, repairs: [] });
const said = (...calls: string[]): AssistantMessage => ({
  role: "assistant",
  text: "",
  calls: calls.map((id) => called(id)),
});
const result = (callId: string, ok = true): Message => ({
  role: "tool",
  callId,
  name: "bash",
  ok,
  text: `of ${callId}`,
});
const note: Message = { role: "user", origin: "harness", text: "Hurry." };

interface Body {
  readonly tools: readonly Record<string, unknown>[];
  readonly system: readonly Record<string, unknown>[];
  readonly messages: readonly { role: string; content: readonly Record<string, unknown>[] }[];
}

function bodyOf(request: SeenRequest | undefined): Body {
  if (request === undefined) throw new Error("nothing was asked");
  return request.body as unknown as Body;
}

test("four cache marks at most: last tool, system prompt, and the ends of the last two user messages", async () => {
  const { requests, here } = await serve(() => ({ text: "ok" }));
  const history = [...opening, said("a"), result("a"), said("b", "c"), result("b"), result("c"), note];
  await askOnce(here, requestOf(history));
  const body = bodyOf(requests[0]);
  expect(requests[0]?.raw.match(/cache_control/g)).toHaveLength(4);
  const mark = { type: "ephemeral" };
  expect(body.tools.map((tool) => tool["cache_control"])).toEqual([undefined, undefined, undefined, mark]);
  expect(body.system).toEqual([{ type: "text", text: "You mend code.", cache_control: mark }]);
  expect(body.messages.map(({ content }) => content.map((block) => block["cache_control"] ?? 0))).toEqual([
    [0],
    [0],
    [mark],
    [0, 0],
    [0, 0, mark],
  ]);
});

test("a server of one's own gets no cache marks, and no key header without a key", async () => {
  const { requests, here } = await serve(() => ({ text: "ok" }));
  await askOnce({ ...here, selfHosted: true, key: () => Promise.resolve(undefined) });
  expect(requests[0]?.raw).not.toContain("cache_control");
  expect(requests[0]?.headers["x-api-key"]).toBeUndefined();
  expect(requests[0]?.headers["anthropic-version"]).toBe("2023-06-01");
});

test("roles alternate, and all results of a reply come first in the one message after it", async () => {
  const { requests, here } = await serve(() => ({ text: "ok" }));
  await askOnce(
    { ...here, selfHosted: true },
    requestOf([...opening, said("a", "b"), result("a"), result("b", false), note]),
  );
  const { messages } = bodyOf(requests[0]);
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  expect(messages[1]?.content).toEqual([
    { type: "tool_use", id: "a", name: "bash", input: ls.arguments },
    { type: "tool_use", id: "b", name: "bash", input: ls.arguments },
  ]);
  expect(messages[2]?.content).toEqual([
    { type: "tool_result", tool_use_id: "a", content: "of a" },
    { type: "tool_result", tool_use_id: "b", content: "of b", is_error: true },
    { type: "text", text: "Hurry." },
  ]);
});

test("thinking goes back with its signature, in its place, to the same endpoint and model, and to no other", async () => {
  const { requests, here } = await serve(() => ({ text: "ok", reasoning: "SIGNED", calls: [ls] }));
  const { message } = await askOnce(here);
  const history = requestOf([...opening, message, result("call_0")]);
  await askOnce(here, history);
  await askOnce({ ...here, model: "another" }, history);
  const [, same, other] = requests.map((request) => bodyOf(request).messages[1]?.content);
  expect(same).toEqual([
    { type: "thinking", thinking: "thought SIGNED", signature: "SIGNED" },
    { type: "text", text: "ok" },
    { type: "tool_use", id: "call_0", name: "bash", input: ls.arguments },
  ]);
  expect(other?.map(({ type }) => type)).toEqual(["text", "tool_use"]);
});

test("thinking that nobody may read goes back as it came", async () => {
  const hidden = { type: "redacted_thinking", data: "opaque==" };
  const reply = { type: "message", model: "m", content: [hidden], stop_reason: "end_turn", usage: {} };
  const { requests, here } = await serve(
    inTurn({ fault: "raw", contentType: "application/json", body: JSON.stringify(reply) }, { text: "ok" }),
  );
  const { message } = await askOnce(here);
  await askOnce(here, requestOf([...opening, message, note]));
  expect(bodyOf(requests[1]).messages[1]?.content).toEqual([hidden, { type: "text", text: "(no text)" }]);
});

test("a reply without words or calls is replayed as one that says so, and no text is empty", async () => {
  const { requests, here } = await serve(() => ({ text: "" }));
  await askOnce(here, requestOf([...opening, said(), { ...note, text: " " }]));
  const { messages } = bodyOf(requests[0]);
  expect(messages.slice(1).map(({ content }) => content[0]?.["text"])).toEqual(["(no text)", "(no text)"]);
});

describe("a stop reason", () => {
  test.each([
    ["refusal", "refusal"],
    ["pause_turn", "end"],
    ["stop_sequence", "end"],
    ["max_tokens", "length"],
    ["a reason from the future", "end"],
  ])("%s is %s", async (finish, stop) => {
    const { here } = await serve(() => ({ text: "I", finish }));
    expect((await askOnce(here)).stop).toBe(stop);
  });

  test("model_context_window_exceeded is an overflow that was billed", async () => {
    const { here } = await serve(() => ({ text: "I", finish: "model_context_window_exceeded" }));
    const error = await failureOf(askOnce(here));
    expect(error).toMatchObject({ kind: "context_overflow", usage: { inputUncached: 100, outputVisible: 10 } });
  });
});

test.each<[number, string, string, string]>([
  [529, "overloaded_error", "Overloaded", "overloaded"],
  [429, "rate_limit_error", "This request would exceed your organization's rate limit", "rate"],
  [401, "authentication_error", "invalid x-api-key", "auth"],
  [403, "permission_error", "Your API key does not have permission", "auth"],
  [404, "not_found_error", "model: claude-none", "bad_request"],
  [413, "request_too_large", "Request exceeds the maximum size", "context_overflow"],
  [500, "api_error", "Internal server error", "server"],
  [402, "billing_error", "There's an issue with your billing", "quota"],
  [400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum", "context_overflow"],
  [400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API", "quota"],
  [
    400,
    "invalid_request_error",
    "messages.3: `tool_use` ids were found without `tool_result` blocks immediately after: a",
    "bad_history",
  ],
  [400, "invalid_request_error", "max_tokens: 99999 > 8192, which is the maximum allowed", "bad_request"],
])("%i %s is known for what it is: %s", async (status, type, message, kind) => {
  const body = { type: "error", error: { type, message } };
  const headers = { "request-id": "req_011" };
  const { here } = await serve(() => ({ fault: "status", status, body, headers }));
  expect(await failureOf(askOnce(here))).toMatchObject({ kind, status, requestId: "req_011" });
});

test("an overload in the middle of a stream that began well is an overload", async () => {
  const body = `event: message_start\ndata: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":3}}}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`;
  const { here } = await serve(() => ({ fault: "raw", contentType: "text/event-stream", body }));
  expect((await failureOf(askOnce(here))).kind).toBe("overloaded");
});

test("the longest of the spent limits says how long to wait", async () => {
  const at = new Date(Date.now() + 90_000).toISOString();
  const soon = new Date(Date.now() + 5_000).toISOString();
  const headers = {
    "retry-after": "10",
    "anthropic-ratelimit-input-tokens-remaining": "0",
    "anthropic-ratelimit-input-tokens-reset": at,
    "anthropic-ratelimit-requests-remaining": "7",
    "anthropic-ratelimit-requests-reset": soon,
  };
  const { here } = await serve(() => ({ fault: "status", status: 429, headers }));
  const { afterMs } = await failureOf(askOnce(here));
  expect(afterMs).toBeGreaterThan(80_000);
  // The server shows its clock to the second.
  expect(afterMs).toBeLessThanOrEqual(91_000);
});

test("a call whose block never ended is not executable, whatever the stop reason", async () => {
  const frames = [
    { type: "message_start", message: { model: "m", usage: { input_tokens: 3, output_tokens: 1 } } },
    { type: "content_block_start", index: 0, content_block: { type: "tool_use", id: "a", name: "bash", input: {} } },
    {
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json: '{"command":"rm -rf /","timeout_s":null}' },
    },
    { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 9 } },
    { type: "message_stop" },
  ];
  const body = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("");
  const { here } = await serve(() => ({ fault: "raw", contentType: "text/event-stream", body }));
  expect((await askOnce(here)).message.calls).toMatchObject([{ name: "bash", args: null }]);
});
