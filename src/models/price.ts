import type { Usage } from "../ledger/message.ts";
import { tierFactor } from "../service-tiers.ts";
import { usualDeadlines } from "./deadline.ts";
import type { ConfiguredPrices, Endpoint } from "./endpoint.ts";
import type { ConnectedModel } from "./model.ts";
import { isSameModel } from "./served.ts";

/** The questions about money a connection answers, in integer nano-dollars; null is "not known", never 0. */
export type Pricing = Pick<ConnectedModel, "price" | "ceiling" | "terms">;

/** A known price of nothing: recorded replies. */
export const free: Pricing = { price: () => 0, ceiling: () => 0, terms: { kind: "recorded" } };

const unknown: Pricing = { price: () => null, ceiling: () => null, terms: { kind: "unknown" } };

/** One's own server without a price: nobody sends a bill. */
const ownServer: Pricing = { ...free, terms: { kind: "own-server" } };

/**
 * The owner's own prices if configured, per token or per hour; else the price list shipped with the program, found by the
 * endpoint's address. A self-hosted endpoint is in no list. Loads the list only when it is needed: it costs about 30 ms.
 */
export async function pricingFor(endpoint: Endpoint): Promise<Pricing> {
  const own = await pricingOf(endpoint);
  const { alsoServes = [], alsoPrices = {} } = endpoint;
  if (alsoServes.length === 0) return own;
  const others = await Promise.all(
    alsoServes.map(async (model) => {
      const { prices: _own, ...other } = endpoint;
      const prices = alsoPrices[model];
      return { model, ...(await pricingOf({ ...other, model, ...(prices && { prices }) })) };
    }),
  );
  const ofServed = (served: string): Pricing | undefined =>
    isSameModel(endpoint.model, served) ? own : others.find(({ model }) => isSameModel(model, served));
  return {
    ...own,
    // Another model that the owner accepts is billed as itself, where its price is known.
    price: (usage, at, tier, ms, served = "") =>
      ofServed(served)?.price(usage, at, tier, ms) ?? own.price(usage, at, tier, ms),
    ceiling(inputTokens, maxOutputTokens, at) {
      const most = own.ceiling(inputTokens, maxOutputTokens, at);
      if (most === null) return null;
      return Math.max(most, ...others.map(({ ceiling }) => ceiling(inputTokens, maxOutputTokens, at) ?? 0));
    },
  };
}

async function pricingOf(endpoint: Endpoint): Promise<Pricing> {
  const pricing = await untiered(endpoint);
  const { serviceTier: asked = "default", model } = endpoint;
  if (asked === "default" || pricing.terms?.kind === "own-server" || pricing.terms?.kind === "hourly") return pricing;
  // Who names a price names that of the tier they ask for, where nobody published how tiers relate.
  const factor = tierFactor(asked, model);
  if (pricing.terms?.kind === "configured" && factor === null)
    return { ...pricing, price: (usage, at, tier, ms) => pricing.price(usage, at, tier === asked ? null : tier, ms) };
  return {
    ...pricing,
    // A dearer tier that was asked for is taken to have served where the reply does not say.
    price: (usage, at, tier, ms) => pricing.price(usage, at, tier ?? ((factor ?? 1) > 1 ? asked : null), ms),
    // A cheap tier may hand a request on to the usual one.
    ceiling: (...bounds) => scaled(pricing.ceiling(...bounds), factor === null ? null : Math.max(1, factor)),
  };
}

async function untiered(endpoint: Endpoint): Promise<Pricing> {
  if (endpoint.prices !== undefined) return configuredPricing(endpoint.prices, endpoint.model);
  if (endpoint.hourly !== undefined) return hourlyPricing(endpoint.hourly, usualDeadlines(endpoint, true).totalMs);
  return endpoint.selfHosted ? ownServer : listedPricing(endpoint);
}

/** Dollars per million tokens are thousands of nano-dollars per token. */
const nanoPerToken = 1_000;

function configuredPricing(prices: ConfiguredPrices, model: string): Pricing {
  const { input, output, cacheRead = input, cacheWrite = input } = prices;
  const price: Pricing["price"] = (usage, _at, tier) => {
    const read = usage.inputUncached * input + usage.inputCacheWrite * cacheWrite + usage.inputCacheRead * cacheRead;
    return scaled((read + outputOf(usage) * output) * nanoPerToken, tierFactor(tier, model));
  };
  const ceiling: Pricing["ceiling"] = (inputTokens, maxOutputTokens) =>
    Math.ceil((inputTokens * Math.max(input, cacheRead, cacheWrite) + maxOutputTokens * output) * nanoPerToken);
  return { price, ceiling, terms: { kind: "configured", input, output, cacheRead, cacheWrite } };
}

const HOUR_MS = 3_600_000;

/** A server that costs by the hour: a request pays for its time, shared with those that run beside it. */
function hourlyPricing({ usd, shared }: NonNullable<Endpoint["hourly"]>, longestMs: number): Pricing {
  const nano = (ms: number): number => Math.ceil((ms / HOUR_MS) * (usd / shared) * 1e9);
  return {
    price: (_usage, _at, _tier, ms) => nano(ms),
    ceiling: () => nano(longestMs),
    terms: { kind: "hourly", usd, shared },
  };
}

/** A price may change between a request and its reply, no later than so many milliseconds after. */
const LONGEST_REQUEST_MS = HOUR_MS;

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
  return {
    // By the date of the reply, which is how providers bill.
    price: (usage, at, tier) => scaled(inNano(dollars(usage, at)), tierFactor(tier, model)),
    ceiling: (inputTokens, maxOutputTokens, at) => {
      const costs = [at, at + LONGEST_REQUEST_MS].flatMap((when) =>
        dearest(inputTokens, maxOutputTokens).map((usage) => inNano(dollars(usage, when))),
      );
      return costs.includes(null) ? null : Math.ceil(Math.max(...costs.map(Number)));
    },
    terms: { kind: "listed", provider: provider.id },
  };
}

/** The ways a request can be billed most: all of its input read anew, or all of it written to the cache. */
function dearest(inputTokens: number, maxOutputTokens: number): readonly Usage[] {
  const fresh: Usage = {
    inputUncached: inputTokens,
    inputCacheRead: 0,
    inputCacheWrite: 0,
    outputVisible: maxOutputTokens,
    outputReasoning: 0,
    source: "estimated",
  };
  return [fresh, { ...fresh, inputUncached: 0, inputCacheWrite: inputTokens }];
}

const inNano = (dollars: number | null): number | null => (dollars === null ? null : dollars * 1e9);

const outputOf = (usage: Usage): number => usage.outputVisible + usage.outputReasoning;

const scaled = (nano: number | null, factor: number | null): number | null =>
  nano === null || factor === null ? null : Math.round(nano * factor);
