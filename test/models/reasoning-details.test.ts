import { afterEach, expect, test } from "vitest";
import { frame } from "../support/model-wire.ts";
import { type Fault, inTurn, type ModelServer, startModelServer } from "../support/model-server.ts";
import { askOnce, endpointAt, opening, requestOf } from "./desk.ts";

const servers: ModelServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const usage = { prompt_tokens: 10, completion_tokens: 5 };
const json = (message: object): Fault => ({
  fault: "raw",
  contentType: "application/json",
  body: JSON.stringify({ model: "test-model", usage, choices: [{ message, finish_reason: "stop" }] }),
});
const stream = (...deltas: readonly object[]): Fault => ({
  fault: "raw",
  contentType: "text/event-stream",
  body:
    deltas.map((delta) => frame({ model: "test-model", choices: [{ index: 0, delta }] })).join("") +
    frame({ model: "test-model", usage, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }) +
    "data: [DONE]\n\n",
});
const text = (rest: object) => ({ type: "reasoning.text", format: "anthropic-claude-v1", index: 0, ...rest });
const secret = { type: "reasoning.encrypted", data: "gAAA==", id: "rs_1", format: "openai-responses-v1", index: 1 };
const whole = [text({ text: "I think so.", signature: "SIGNED" }), secret];

/** What a gateway is sent back of a reply that it gave. */
async function sentBack(reply: Fault, changes = {}) {
  const server = await startModelServer(inTurn(reply, json({ content: "ok" })));
  servers.push(server);
  const endpoint = endpointAt(server.url, { name: "gateway" });
  const { message } = await askOnce(endpoint);
  await askOnce({ ...endpoint, ...changes }, requestOf([...opening, message]));
  return (server.requests[1]?.body as { messages: unknown[] } | undefined)?.messages.at(-1);
}

test("thinking that a gateway passes on in blocks goes back block for block, signatures and all", async () => {
  const plain = { role: "assistant", content: "Done." };
  const said = { content: "Done.", reasoning: "I think so.", reasoning_details: whole };
  expect(await sentBack(json(said))).toEqual({ ...plain, reasoning_details: whole });
  expect(await sentBack(json(said), { model: "another" })).toEqual(plain);
  expect(await sentBack(json({ content: "Done.", reasoning_details: "nonsense" }))).toEqual(plain);
});

test("blocks that come in pieces are put together first", async () => {
  const pieces = stream(
    { role: "assistant", reasoning: "I ", reasoning_details: [text({ text: "I " })] },
    { reasoning: "think so.", reasoning_details: [text({ text: "think so.", signature: null })] },
    { reasoning_details: [text({ signature: "SIGNED" })] },
    { reasoning_details: [secret] },
    { content: "Done." },
  );
  expect(await sentBack(pieces)).toMatchObject({ content: "Done.", reasoning_details: whole });
});

test("thinking that came as parts of the content goes back as such, whole or in pieces", async () => {
  const thought = (words: string) => ({ type: "thinking", thinking: [{ type: "text", text: words }] });
  const back = { role: "assistant", content: [thought("I think so."), { type: "text", text: "Done." }] };
  const parts = [thought("I think so."), { type: "text", text: "Done." }];
  expect(await sentBack(json({ content: parts }))).toEqual(back);
  expect(
    await sentBack(stream({ content: [thought("I ")] }, { content: [thought("think so.")] }, { content: "Done." })),
  ).toEqual(back);
  expect(await sentBack(json({ content: parts }), { model: "another" })).toEqual({
    role: "assistant",
    content: "Done.",
  });
});
