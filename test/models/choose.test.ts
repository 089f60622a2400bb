import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { chooseModel } from "../../src/models/choose.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const configOf = (environment: Record<string, string>): Config =>
  loadConfig({ HOME: temporaryDirectory(), ...environment });
const both = { OPENAI_API_KEY: "sk-o", ANTHROPIC_API_KEY: "sk-ant-a" };
const choose = async (environment: Record<string, string>, model?: string) => {
  const choice = await chooseModel(configOf(environment), model, systemClock);
  if (choice.wire === "scripted") throw new Error("scripted");
  return [choice.baseUrl, choice.wire, choice.model, choice.keyName];
};
const anthropic = "https://api.anthropic.com/v1";

test.each<[Record<string, string>, string | undefined, (string | undefined)[]]>([
  [{ ANTHROPIC_API_KEY: "k" }, undefined, [anthropic, "anthropic", "claude-sonnet-5", "ANTHROPIC_API_KEY"]],
  [both, undefined, ["https://api.openai.com/v1", "responses", "gpt-5.6-terra", "OPENAI_API_KEY"]],
  [both, "claude-opus-5", [anthropic, "anthropic", "claude-opus-5", "ANTHROPIC_API_KEY"]],
  [both, "anthropic:claude-opus-5", [anthropic, "anthropic", "claude-opus-5", "ANTHROPIC_API_KEY"]],
  [both, "anthropic/claude-opus-5", [anthropic, "anthropic", "claude-opus-5", "ANTHROPIC_API_KEY"]],
  [both, "gpt-5.5", ["https://api.openai.com/v1", "responses", "gpt-5.5", "OPENAI_API_KEY"]],
  [
    { ANTHROPIC_BASE_URL: "http://gpu.lan:8080" },
    "qwen3:8b",
    ["http://gpu.lan:8080/v1", "anthropic", "qwen3:8b", undefined],
  ],
  [
    { OPENAI_BASE_URL: "https://gate.example/v1" },
    "claude-opus-5",
    ["https://gate.example/v1", "chat", "claude-opus-5", "OPENAI_API_KEY"],
  ],
])("with %o, %s is asked at the right place", async (environment, model, expected) => {
  expect(await choose(environment, model)).toEqual(expected);
});

test("timeouts are seconds in the file and milliseconds within, and what is left out keeps its default", async () => {
  const HOME = temporaryDirectory();
  mkdirSync(join(HOME, ".config", "claw"), { recursive: true });
  const endpoint = "slow: { baseUrl: http://gpu.lan/v1, timeouts: { firstByte: 3600, idle: 0.5 } }";
  writeFileSync(join(HOME, ".config", "claw", "config.yaml"), `endpoints:\n  ${endpoint}\n`);
  const choice = await chooseModel(loadConfig({ HOME }), "slow/qwen", systemClock);
  expect(choice).toMatchObject({ deadlines: { firstByteMs: 3_600_000, idleMs: 500 } });
  expect(choice).not.toHaveProperty("deadlines.totalMs");
});

test("OpenAI alone is not asked for Anthropic's models", async () => {
  await expect(choose({ OPENAI_API_KEY: "k" }, "claude-opus-5")).rejects.toMatchObject({
    outcome: "usage",
    hint: expect.stringContaining("ANTHROPIC_API_KEY") as string,
  });
});

test("an address of Anthropic's variable that is none is refused by name", () => {
  expect(() => configOf({ ANTHROPIC_BASE_URL: "nonsense" })).toThrow(/^ANTHROPIC_BASE_URL is no http address/);
});
