import { systemClock } from "../../src/clock.ts";
import type { Message } from "../../src/ledger/message.ts";
import { connectModel } from "../../src/models/connect.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import type { ModelRequest, Reply, ToolSpec } from "../../src/models/model.ts";
import { ModelError } from "../../src/models/model-error.ts";

/** Tools of the shapes claw has: flat, closed, nullable fields, a choice, a list of strings. */
export const tools: readonly ToolSpec[] = [
  tool("bash", {
    command: { type: "string" },
    timeout_s: { anyOf: [{ type: "integer", minimum: 1, maximum: 900 }, { type: "null" }] },
  }),
  tool("read", { path: { type: "string" }, start: { type: ["integer", "null"] }, end: { type: ["integer", "null"] } }),
  tool("edit", {
    path: { type: "string" },
    old_string: { type: "string" },
    new_string: { type: "string" },
    replace_all: { type: ["boolean", "null"] },
  }),
  tool("finish", {
    outcome: { type: "string", enum: ["done", "blocked"] },
    summary: { type: "string" },
    repro_command: { type: ["string", "null"] },
    test_commands: { type: "array", items: { type: "string" } },
  }),
];

function tool(name: string, properties: Record<string, unknown>): ToolSpec {
  return {
    name,
    about: `${name} it`,
    schema: { type: "object", properties, required: Object.keys(properties), additionalProperties: false },
  };
}

export const key = "sk-test-0123456789abcdefghij";

/** An endpoint on a test server; quick deadlines, so that a hang fails in a moment. */
export function endpointAt(url: string, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    name: "test",
    baseUrl: url,
    wire: "chat",
    model: "test-model",
    key: () => Promise.resolve(key),
    keyName: "TEST_API_KEY",
    selfHosted: false,
    ...changes,
  };
}

export const opening: readonly Message[] = [
  { role: "system", text: "You mend code." },
  { role: "user", origin: "task", text: 'Fix it. Ünïcode: 日本 \u2028 "quoted"' },
];

export function requestOf(messages: readonly Message[] = opening): ModelRequest {
  return { session: "patch", messages, tools, maxOutputTokens: 1_000, cacheKey: "claw:run1" };
}

/** One question, one answer. */
export async function askOnce(
  endpoint: Endpoint,
  request = requestOf(),
  signal = new AbortController().signal,
): Promise<Reply> {
  const model = await connectModel(endpoint, systemClock);
  return model.ask(request, signal);
}

/** The ModelError a promise fails with; anything else is a failed test. */
export async function failureOf(promise: Promise<unknown>): Promise<ModelError> {
  const outcome = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (outcome instanceof ModelError) return outcome;
  throw new Error("expected a ModelError", { cause: outcome });
}
