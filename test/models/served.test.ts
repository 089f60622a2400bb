import { expect, test } from "vitest";
import type { ConnectedModel, Reply } from "../../src/models/model.ts";
import { isSameModel, otherModel } from "../../src/models/served.ts";

test.each([
  ["gpt-5.5", "gpt-5.5-2026-04-23"],
  ["gpt-5.5-2026-04-23", "gpt-5.5"],
  ["gpt-4", "gpt-4-0613"],
  ["claude-sonnet-5", "claude-sonnet-5-20260219"],
  ["claude-sonnet-4-0", "claude-sonnet-4-20250514"],
  ["claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"],
  ["claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
  ["claude-sonnet-4-5", "claude-sonnet-4-5@20250929"],
  ["anthropic/claude-sonnet-4.5", "anthropic/claude-4.5-sonnet-20250929"],
  ["deepseek/deepseek-v4-pro:free", "deepseek/deepseek-v4-pro"],
  ["gemini-2.5-flash", "models/gemini-2.5-flash-001"],
  ["Qwen/Qwen3-Coder-Next", "qwen3-coder-next"],
  ["mistral-large-latest", "mistral-large-2411"],
  ["command-r", "command-r-08-2024"],
  ["grok-4", "grok-4-0709"],
  ["gemini-flash-latest", "gemini-2.5-flash"],
  ["gpt-4.1", "accounts/maker/models/gpt-4.1-2025-04-14"],
])("%s may be called %s", (asked, served) => expect(isSameModel(asked, served)).toBe(true));

test.each([
  ["gpt-5.5", "gpt-5.5-mini"],
  ["gpt-5.4", "gpt-4.5"],
  ["gpt-5.5-2026-04-23", "gpt-5.5-2026-01-01"],
  ["claude-opus-5", "claude-sonnet-5"],
  ["claude-opus-5", "claude-opus-5-5"],
  ["gemini-flash-latest", "gemini-2.5-pro"],
  ["llama-3.3-70b", "llama-3.3-8b"],
  ["claude-sonnet-4-5", "claude-sonnet-4"],
  ["ft:gpt-4o-mini:org::abc", "gpt-4o-mini"],
])("%s is not %s", (asked, served) => expect(isSameModel(asked, served)).toBe(false));

const info = {
  endpoint: "work",
  model: "gpt-5.5",
  wire: "chat",
  selfHosted: false,
  label: "",
  maxOutputTokens: 1,
} as const;
const usage = { inputUncached: 9, inputCacheRead: 0, inputCacheWrite: 0, outputVisible: 1, outputReasoning: 0 };
const reply = (servedModel: string): Reply => ({
  message: { role: "assistant", text: "", calls: [] },
  stop: "end",
  usage: { ...usage, source: "provider" },
  servedModel,
  servedTier: null,
  requestId: null,
  firstByteMs: 1,
  ms: 1,
});
const refusal = (served: string, changes: Partial<ConnectedModel["info"]> = {}, before?: string) =>
  otherModel(reply(served), { info: { ...info, ...changes } }, before);

test("another model's reply is refused for good, as one that was billed, with what to do", () => {
  expect(refusal("gpt-4o")).toMatchObject({
    kind: "wrong_model",
    outcome: "model-unavailable",
    retries: 0,
    message: "work answered as gpt-4o, not as gpt-5.5",
    hint: expect.stringContaining("endpoints.work.alsoServes") as string,
    usage: { inputUncached: 9 },
  });
});

test("a declared name, and none at all, are accepted", () => {
  expect(refusal("gpt-4o-2024-11-20", { alsoServes: ["gpt-4o"] })).toBeNull();
  expect(refusal("")).toBeNull();
  expect(refusal("session.json", { wire: "scripted" })).toBeNull();
});

test("a server of one's own may name the file that it loaded, but not another one within a session", () => {
  expect(refusal("other-7b", { selfHosted: true })?.message).toBe("work answered as other-7b, not as gpt-5.5");
  expect(refusal("/models/qwen.gguf", { selfHosted: true })).toBeNull();
  expect(refusal("/models/qwen.gguf", { selfHosted: true }, "/models/qwen.gguf")).toBeNull();
  expect(refusal("gpt-5.5", { selfHosted: true }, "/models/qwen.gguf")).toBeNull();
  expect(refusal("/models/llama.gguf", { selfHosted: true }, "/models/qwen.gguf")?.message).toBe(
    "work answered as /models/llama.gguf, not as /models/qwen.gguf",
  );
});
