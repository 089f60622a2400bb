import type { Usage } from "../ledger/message.ts";
import type { ConfiguredPrices, Endpoint } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";

/** The two questions about money a connection answers, in integer nano-dollars; null is "not known", never 0. */
export type Pricing = Pick<ConnectedModel, "price" | "ceiling">;

/** A known price of nothing: recorded replies. */
export const free: Pricing = { price: () => 0, ceiling: () => 0 };

const unknown: Pricing = { price: () => null, ceiling: () => null };

/**
 * The owner's own prices if configured; else the price list shipped with the program, found by the endpoint's address.
 * A self-hosted endpoint is in no list. Loads the list only when it is needed: it costs about 30 ms.
 */
export async function pricingFor(endpoint: Endpoint): Promise<Pricing> {
  if (endpoint.prices !== undefined) return configuredPricing(endpoint.prices, endpoint.model);
  return endpoint.selfHosted ? unknown : listedPricing(endpoint);
}

/** Dollars per million tokens are thousands of nano-dollars per token. */
const nanoPerToken = 1_000;

function configuredPricing(prices: ConfiguredPrices, model: string): Pricing {
  const { input, output, cacheRead = input } = prices;
  const price: Pricing["price"] = (usage, _at, tier) => {
    const dear = (usage.inputUncached + usage.inputCacheWrite) * input + usage.inputCacheRead * cacheRead;
    return scaled((dear + outputOf(usage) * output) * nanoPerToken, tierMultiplier(tier, model));
  };
  const ceiling: Pricing["ceiling"] = (inputTokens, maxOutputTokens) =>
    scaled((inputTokens * Math.max(input, cacheRead) + maxOutputTokens * output) * nanoPerToken, 1);
  return { price, ceiling };
}

async function listedPricing({ baseUrl, model }: Endpoint): Promise<Pricing> {
  const { calcPrice, findProvider } = await import("@pydantic/genai-prices");
  const provider = findProvider({ providerApiUrl: baseUrl });
  if (provider === undefined) return unknown;
  const dollars = (usage: Usage, at: number): number | null => {
    const input_tokens = usage.inputUncached + usage.inputCacheRead + usage.inputCacheWrite;
    const tokens = {
      input_tokens,
      cache_read_tokens: usage.inputCacheRead,
      cache_write_tokens: usage.inputCacheWrite,
      output_tokens: outputOf(usage),
    };
    return calcPrice(tokens, model, { provider, timestamp: new Date(at) })?.total_price ?? null;
  };
  const most = (inputTokens: number, maxOutputTokens: number): readonly Usage[] => {
    const fresh: Usage = {
      inputUncached: inputTokens,
      inputCacheRead: 0,
      inputCacheWrite: 0,
      outputVisible: maxOutputTokens,
      outputReasoning: 0,
      source: "estimated",
    };
    return [fresh, { ...fresh, inputUncached: 0, inputCacheWrite: inputTokens }];
  };
  return {
    price: (usage, at, tier) => scaled(inNano(dollars(usage, at)), tierMultiplier(tier, model)),
    ceiling: (inputTokens, maxOutputTokens, at) => {
      const costs = most(inputTokens, maxOutputTokens).map((usage) => inNano(dollars(usage, at)));
      return costs.includes(null) ? null : Math.ceil(Math.max(...costs.map(Number)));
    },
  };
}

const inNano = (dollars: number | null): number | null => (dollars === null ? null : dollars * 1e9);

const outputOf = (usage: Usage): number => usage.outputVisible + usage.outputReasoning;

const scaled = (nano: number | null, multiplier: number | null): number | null =>
  nano === null || multiplier === null ? null : Math.round(nano * multiplier);

/**
 * What a service tier costs relative to the listed price, by the tier the server says it used.
 * Null for tiers whose price is not published: then the reply has no known price.
 */
export function tierMultiplier(tier: string | null, model: string): number | null {
  if (tier === null || tier === "default" || tier === "standard" || tier === "auto") return 1;
  if (tier === "flex" || tier === "batch") return 0.5;
  if (tier !== "priority" && tier !== "fast") return null;
  if (/^gpt-5\.5\b/.test(model)) return 2.5;
  return /^gpt-5\.(6-(sol|terra|luna)|4)\b/.test(model) ? 2 : null;
}
