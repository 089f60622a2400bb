import { afterEach, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Message } from "../../src/ledger/message.ts";
import { connectModel } from "../../src/models/connect.ts";
import { applyPatch } from "../../src/tools/all.ts";
import { inTurn, type ModelServer, type Script, startModelServer } from "../support/model-server.ts";
import { endpointAt, opening, requestOf, tools } from "./desk.ts";

const servers: ModelServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const never = new AbortController().signal;
const patch = '*** Begin Patch\n*** Update File: a.ts\n@@ f\n-\t"old" \\\n+\t{"new"}\n*** End Patch\n';
const call = { name: "apply_patch", arguments: patch, id: "p1", custom: true } as const;

/** A model of OpenAI's at a scripted server, and a request that offers patches. */
async function fluent(script: Script, changes: Parameters<typeof endpointAt>[1] = {}) {
  const server = await startModelServer(script);
  servers.push(server);
  const endpoint = endpointAt(server.url, { wire: "responses", model: "gpt-5.6-terra", ...changes });
  const model = await connectModel(endpoint, systemClock);
  const offered = [applyPatch.spec, ...tools.filter(({ name }) => name !== "edit")];
  const ask = (messages: readonly Message[]) => model.ask({ ...requestOf(messages), tools: offered }, never);
  return { model, ask, requests: server.requests };
}

test("models that were trained on patches are offered them, and no other", async () => {
  const offered = async (changes: Parameters<typeof endpointAt>[1]) =>
    (await connectModel(endpointAt("http://127.0.0.1:9/v1", changes), systemClock)).info.patches ?? false;
  for (const model of ["gpt-5", "gpt-5-codex", "gpt-5.6-terra", "gpt-6-astra", "openai/gpt-5.5", "gpt-10"])
    expect([model, await offered({ wire: "responses", model })]).toEqual([model, true]);
  for (const model of ["gpt-4.1", "gpt-4o", "o3", "gpt-oss-120b", "claude-sonnet-5", "qwen3-gpt-5"])
    expect([model, await offered({ wire: "responses", model })]).toEqual([model, false]);
  expect(await offered({ wire: "chat", model: "gpt-5.5" })).toBe(false);
  expect(await offered({ wire: "responses", model: "gpt-5.5", selfHosted: true })).toBe(false);
  expect(await offered({ wire: "responses", model: "gpt-5.5", applyPatch: false })).toBe(false);
  expect(await offered({ wire: "responses", model: "mine", selfHosted: true, applyPatch: true })).toBe(true);
});

test("a patch is a custom tool with a grammar, comes as free text, and goes back as it came", async () => {
  const { ask, requests } = await fluent(inTurn({ calls: [call], reasoning: "hm" }, { text: "done" }));
  const { message } = await ask(opening);
  expect(message.calls).toEqual([{ id: "p1", name: "apply_patch", args: { input: patch }, custom: true, repairs: [] }]);
  const result: Message = { role: "tool", callId: "p1", name: "apply_patch", ok: true, text: "edited a.ts" };
  await ask([...opening, message, result]);
  const [first, second] = requests.map(({ body }) => body as { tools: unknown[]; input: unknown[] });
  expect(first?.tools[0]).toEqual({
    type: "custom",
    name: "apply_patch",
    description: applyPatch.spec.about,
    format: { type: "grammar", syntax: "lark", definition: applyPatch.spec.grammar },
  });
  expect(second?.input.slice(-2)).toEqual([
    { type: "custom_tool_call", call_id: "p1", name: "apply_patch", input: patch },
    { type: "custom_tool_call_output", call_id: "p1", output: "edited a.ts" },
  ]);
  expect(second?.input.slice(0, 2)).toEqual(first?.input);
});

test("a patch that was cut is answered and not applied, and nothing of it is repeated", async () => {
  const { ask, requests } = await fluent(inTurn({ calls: [call], finish: "length" }, { text: "done" }));
  const { message, stop } = await ask(opening);
  expect([stop, message.calls[0]?.args, message.calls[0]?.error]).toEqual([
    "length",
    null,
    "your output was cut at 1000 tokens: send a smaller edit",
  ]);
  await ask([...opening, message, { role: "tool", callId: "p1", name: "apply_patch", ok: false, text: "not run" }]);
  expect((requests[1]?.body as { input: unknown[] } | undefined)?.input.at(-2)).toMatchObject({ input: "(cut off)" });
});

test("a server without custom tools is offered the same tool as a function, from then on", async () => {
  const error = { message: "Invalid value: 'custom'. Supported values are: 'function'.", param: "tools[0].type" };
  const { ask, requests } = await fluent(
    inTurn(
      { fault: "status", status: 400, body: { error } },
      { calls: [{ name: "apply_patch", id: "p1", arguments: { patch } }] },
      { text: "done" },
    ),
  );
  const { message, heard } = await ask(opening);
  expect(message.calls[0]).toMatchObject({ args: { input: patch }, repairs: ["alias"] });
  expect(heard?.leftOut).toEqual(["tools.custom"]);
  const earlier = { ...message, calls: message.calls.map((each) => ({ ...each, custom: true as const })) };
  await ask([...opening, earlier]);
  const sent = requests.map(({ body }) => body as { tools: { type: string }[]; input: { type?: string }[] });
  expect(sent.map(({ tools: [tool] }) => tool?.type)).toEqual(["custom", "function", "function"]);
  expect(sent[2]?.input.at(-1)?.type).toBe("function_call");
});
