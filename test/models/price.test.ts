import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Usage } from "../../src/ledger/message.ts";
import type { Endpoint } from "../../src/models/endpoint.ts";
import { pricingFor } from "../../src/models/price.ts";
import { priceLock, priceLockHash } from "../../src/models/price-lock.ts";
import { tierFactor } from "../../src/service-tiers.ts";
import { mapUsage } from "../../src/models/usage.ts";
import { endpointAt } from "./desk.ts";

const usage = (parts: Partial<Usage>): Usage => ({
  inputUncached: 0,
  inputCacheRead: 0,
  inputCacheWrite: 0,
  outputVisible: 0,
  outputReasoning: 0,
  source: "provider",
  ...parts,
});
const at = Date.UTC(2026, 10, 21);
const openai = (model: string, changes: Partial<Endpoint> = {}) =>
  pricingFor(endpointAt("https://api.openai.com/v1", { model, ...changes }));

// Each expected value is worked out by hand from the published dollars per million tokens.
test.each<[string, Partial<Usage>, number, string | null, number | null]>([
  // 10,000 × 2 + 40,000 × 0.2 + 50,000 × 2.5 + 1,000 × 12 = 20,000 + 8,000 + 125,000 + 12,000 millionths
  [
    "gpt-5.6-terra",
    {
      inputUncached: 10_000,
      inputCacheRead: 40_000,
      inputCacheWrite: 50_000,
      outputVisible: 600,
      outputReasoning: 400,
    },
    at,
    "default",
    165_000_000,
  ],
  [
    "gpt-5.6-terra",
    {
      inputUncached: 10_000,
      inputCacheRead: 40_000,
      inputCacheWrite: 50_000,
      outputVisible: 600,
      outputReasoning: 400,
    },
    at,
    "flex",
    82_500_000,
  ],
  [
    "gpt-5.6-terra",
    {
      inputUncached: 10_000,
      inputCacheRead: 40_000,
      inputCacheWrite: 50_000,
      outputVisible: 600,
      outputReasoning: 400,
    },
    at,
    "priority",
    330_000_000,
  ],
  ["gpt-5.6-terra", { inputUncached: 1_000 }, at, "ultrafast", null],
  // 1,000 × 0.2 + 1 × 1.2
  ["gpt-5.6-luna", { inputUncached: 1_000, outputVisible: 1 }, at, null, 201_200],
  // 1 × 5 + 1 × 30, fast at two and a half times
  ["gpt-5.5", { inputUncached: 1, outputVisible: 1 }, at, "fast", 87_500],
  // The price fell on 2026-08-21: 5 → 4 and 30 → 20.
  ["gpt-5.6-sol", { inputUncached: 100, outputVisible: 1_000 }, Date.UTC(2026, 7, 20, 12), null, 30_500_000],
  ["gpt-5.6-sol", { inputUncached: 100, outputVisible: 1_000 }, Date.UTC(2026, 7, 21, 12), null, 20_400_000],
  // From 272,000 tokens of input the whole request costs twice for input, one and a half times for output.
  ["gpt-5.6-terra", { inputUncached: 300_000, outputVisible: 1_000 }, at, null, 1_218_000_000],
  ["gpt-4o-mini", { inputUncached: 1_000, inputCacheRead: 1_000, outputVisible: 1_000 }, at, null, 825_000],
  ["gpt-5.6-sol-turbo-nobody-knows", { inputUncached: 1 }, at, null, null],
])("%s: %o costs what its list says", async (model, parts, when, tier, nano) => {
  expect((await openai(model)).price(usage(parts), when, tier, 1)).toBe(nano);
});

test("the ceiling reckons with the dearest way the input can be billed", async () => {
  // Writing the cache costs 2.5 where plain input costs 2: 1,000 × 2.5 + 500 × 12
  expect((await openai("gpt-5.6-terra")).ceiling(1_000, 500, at)).toBe(8_500_000);
  // No price for writes: 1,000 × 5 + 500 × 30
  expect((await openai("gpt-5.5")).ceiling(1_000, 500, at)).toBe(20_000_000);
  expect((await openai("nobody-knows")).ceiling(1_000, 500, at)).toBeNull();
});

test("no price of a reply exceeds the ceiling of its request", async () => {
  for (const model of ["gpt-5.6-terra", "gpt-5.6-sol", "gpt-5.5", "gpt-4o-mini", "gpt-6-astra"]) {
    const pricing = await openai(model);
    for (const parts of [
      { inputUncached: 5_000 },
      { inputCacheRead: 5_000 },
      { inputCacheWrite: 5_000 },
      { inputUncached: 2_000, inputCacheWrite: 3_000 },
    ]) {
      expect(pricing.price(usage({ ...parts, outputReasoning: 700 }), at, "default", 1)).toBeLessThanOrEqual(
        pricing.ceiling(5_000, 700, at) ?? -1,
      );
    }
  }
});

test("an unknown price is null, never nothing; one's own server without a price is free and says so", async () => {
  for (const baseUrl of ["http://127.0.0.1:8000/v1", "https://llm.example.com/v1"]) {
    const cloud = await openai("gpt-5.6-terra", { baseUrl, selfHosted: false });
    expect([cloud.price(usage({ inputUncached: 1 }), at, null, 1), cloud.ceiling(1, 1, at)]).toEqual([null, null]);
    const own = await openai("gpt-5.6-terra", { baseUrl, selfHosted: true });
    expect([own.price(usage({ inputUncached: 1 }), at, null, 1), own.ceiling(1, 1, at), own.terms]).toEqual([
      0,
      0,
      { kind: "own-server" },
    ]);
  }
});

test("a server that costs by the hour is paid for the time of a request, shared with those beside it", async () => {
  const own = await openai("m", { selfHosted: true, hourly: { usd: 2, shared: 4 } });
  // Half a dollar an hour each: 36 s are a hundredth of it. A request may last half an hour.
  expect(own.price(usage({ outputVisible: 9 }), at, null, 36_000)).toBe(5_000_000);
  expect(own.ceiling(1, 1, at)).toBe(250_000_000);
});

test("a price that changes between request and reply is inside the ceiling", async () => {
  // Until 2026-08-21 a token of input cost 6.25 to write; the hour after it is cheaper, the hour before it is not.
  const sol = await openai("gpt-5.6-sol");
  const change = Date.UTC(2026, 7, 21);
  expect(sol.ceiling(1_000, 0, change - 60_000)).toBe(6_250_000);
  expect(sol.ceiling(1_000, 0, change)).toBe(5_000_000);
  expect(sol.price(usage({ inputCacheWrite: 1_000 }), change + 60_000, null, 1)).toBe(5_000_000);
});

test("the lock names what prices are taken from, and is true", () => {
  const installed = new URL("../../node_modules/@pydantic/genai-prices/", import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL("package.json", installed), "utf8")) as { version: string };
  const data = createHash("sha256")
    .update(readFileSync(new URL("dist/index.js", installed)))
    .digest("hex");
  expect([priceLock.version, priceLock.data]).toEqual([version, data]);
  expect(priceLockHash()).toMatch(/^[0-9a-f]{64}$/);
});

test("configured prices come first, and zero is a price", async () => {
  const configured = await openai("gpt-5.6-terra", { prices: { input: 0.5, output: 2, cacheRead: 0.1 } });
  // 10 × 0.5 + 10 × 0.1 + 10 × 0.5 + 10 × 2 = 31 millionths
  expect(
    configured.price(
      usage({ inputUncached: 10, inputCacheRead: 10, inputCacheWrite: 10, outputVisible: 10 }),
      at,
      null,
      1,
    ),
  ).toBe(31_000);
  expect(configured.ceiling(10, 10, at)).toBe(25_000);
  const free = await openai("local", { selfHosted: true, prices: { input: 0, output: 0 } });
  expect([free.price(usage({ inputUncached: 10 }), at, null, 1), free.ceiling(1, 1, at)]).toEqual([0, 0]);
});

test("a reply of another model that the owner accepts costs what that one costs, and the ceiling holds for all of them", async () => {
  const asked = { inputUncached: 1_000 };
  const luna = await openai("gpt-5.6-luna", { alsoServes: ["gpt-5.6-terra", "of-nobody"] });
  const paid = (served?: string) => luna.price(usage(asked), at, null, 1, served);
  expect([paid(), paid("gpt-5.6-luna-2026-07-01"), paid("of-nobody")]).toEqual(Array(3).fill(200_000));
  expect([paid("gpt-5.6-terra"), paid("gpt-5.6-terra-2026-07-01")]).toEqual(Array(2).fill(2_000_000));
  const terra = await openai("gpt-5.6-terra");
  expect(luna.ceiling(10, 10, at)).toBe(terra.ceiling(10, 10, at));
  const own = { prices: { input: 1, output: 1 }, alsoServes: ["big"], alsoPrices: { big: { input: 3, output: 3 } } };
  const configured = await openai("small", own);
  expect(configured.price(usage(asked), at, null, 1, "big")).toBe(3_000_000);
  expect(configured.ceiling(1, 1, at)).toBe(6_000);
  expect((await openai("of-nobody", { alsoServes: ["gpt-5.5"] })).ceiling(1, 1, at)).toBeNull();
});

test("a tier nobody published a price for has none", () => {
  expect(
    ["default", "auto", "standard", "flex", "batch", "scale", "ultrafast"].map((tier) =>
      tierFactor(tier, "gpt-5.6-sol"),
    ),
  ).toEqual([1, 1, 1, 0.5, 0.5, null, null]);
  expect(tierFactor("priority", "gpt-4o-mini")).toBeNull();
});

const counts = (
  inputUncached: number,
  inputCacheRead: number,
  inputCacheWrite: number,
  outputVisible: number,
  outputReasoning: number,
) => ({ inputUncached, inputCacheRead, inputCacheWrite, outputVisible, outputReasoning, source: "provider" });

test.each<[string, unknown, unknown, unknown]>([
  [
    "Responses",
    {
      input_tokens: 100,
      output_tokens: 30,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      output_tokens_details: { reasoning_tokens: 20 },
    },
    undefined,
    counts(30, 60, 10, 10, 20),
  ],
  [
    "Chat",
    {
      prompt_tokens: 100,
      completion_tokens: 30,
      prompt_tokens_details: { cached_tokens: 60 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
    undefined,
    counts(40, 60, 0, 10, 20),
  ],
  [
    "vLLM without details",
    { prompt_tokens: 100, completion_tokens: 30, prompt_tokens_details: null },
    undefined,
    counts(100, 0, 0, 30, 0),
  ],
  ["Kimi", { prompt_tokens: 100, completion_tokens: 30, cached_tokens: 60 }, undefined, counts(40, 60, 0, 30, 0)],
  [
    "llama.cpp",
    { prompt_tokens: 100, completion_tokens: 30 },
    { cache_n: 80, prompt_n: 20, predicted_n: 31, prompt_ms: 5 },
    counts(20, 80, 0, 31, 0),
  ],
  ["all zero", { prompt_tokens: 0, completion_tokens: 0 }, undefined, null],
  [
    "more cached than sent",
    { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 11 } },
    undefined,
    null,
  ],
  [
    "more thought than written",
    { prompt_tokens: 10, completion_tokens: 1, completion_tokens_details: { reasoning_tokens: 2 } },
    undefined,
    null,
  ],
  ["negative", { prompt_tokens: -1, completion_tokens: 1 }, undefined, null],
  ["words", { prompt_tokens: "many", completion_tokens: 1 }, undefined, null],
  ["nothing", null, undefined, null],
])("usage as %s reports it becomes parts that do not overlap", (_who, reported, timings, expected) => {
  expect(mapUsage(reported, timings)).toEqual(expected);
});

test("a service tier that is asked for is reserved at its price, or at the usual one where it is cheaper", async () => {
  const ceiling = async (model: string, serviceTier?: "flex" | "fast" | "priority") =>
    (await openai(model, serviceTier && { serviceTier })).ceiling(1_000, 1_000, at);
  const usual = Number(await ceiling("gpt-5.5"));
  expect(await ceiling("gpt-5.5", "flex")).toBe(usual);
  expect(await ceiling("gpt-5.5", "fast")).toBe(2.5 * usual);
  // Nobody published what it costs there: no budget can be kept.
  expect(await ceiling("gpt-4o-mini", "priority")).toBeNull();
  // Unless it is the owner's own word.
  const own = await openai("house-model", { serviceTier: "flex", prices: { input: 1, output: 4 } });
  expect([own.ceiling(1_000, 0, at), own.price(usage({ inputUncached: 1 }), at, "flex", 1)]).toEqual([
    1_000_000, 1_000,
  ]);
  const { price } = await openai("gpt-5.5", { serviceTier: "priority" });
  const one = usage({ inputUncached: 1 });
  expect([price(one, at, null, 1), price(one, at, "default", 1)]).toEqual([12_500, 5_000]);
});
