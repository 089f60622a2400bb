import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { EndpointConfig } from "../endpoint-settings.ts";
import { UsageError } from "../errors.ts";
import { isOwnNetwork } from "../own-network.ts";
import { nearest } from "../text.ts";
import type { ConfiguredPrices, Deadlines, Endpoint, ModelChoice, ServiceTier } from "./endpoint.ts";
import { keyPlace } from "../key-reference.ts";
import { refuseCloud } from "./egress.ts";
import { resolveKey } from "./key.ts";
import { listModels } from "./list-models.ts";

/** Asked when nothing else is said, by host. */
const defaultModels: Readonly<Record<string, string>> = {
  "api.openai.com": "gpt-5.6-terra",
  "api.anthropic.com": "claude-sonnet-5",
};

/**
 * Who shall answer, from what the user wrote: `scripted:<file>`, `<endpoint>/<model>` (or with a colon), `claude-…` at the
 * first endpoint that speaks Anthropic's wire, or a model of the first endpoint. Without any name: the configured
 * default; at a provider with a default model that; at another server its only model.
 */
export async function chooseModel(
  config: Config,
  flag: string | undefined,
  clock: Clock,
  mayContact: MayContact = () => Promise.resolve(),
): Promise<ModelChoice> {
  const wanted = flag ?? config.model ?? config.user.model;
  if (wanted?.startsWith("scripted:")) return { wire: "scripted", file: wanted.slice("scripted:".length) };
  const endpoints = Object.entries(config.user.endpoints);
  const [first] = endpoints;
  if (!first) {
    throw new UsageError(
      "no model is configured",
      "set OPENAI_API_KEY or ANTHROPIC_API_KEY, or OPENAI_BASE_URL for a server of your own, or name endpoints in config.yaml",
    );
  }
  const named = endpoints.find(([name]) => wanted?.startsWith(`${name}/`) || wanted?.startsWith(`${name}:`));
  if (named && wanted) return endpointFor(config, named, wanted.slice(named[0].length + 1));
  const slash = wanted?.indexOf("/") ?? -1;
  const prefix = wanted?.slice(0, Math.max(0, slash)) ?? "";
  if (wanted !== undefined && endpoints.length > 1 && slash > 0) {
    const meant = nearest(
      prefix,
      endpoints.map(([name]) => name),
    );
    if (meant)
      throw new UsageError(`no endpoint is called "${prefix}"`, `did you mean "${meant}${wanted.slice(slash)}"?`);
  }
  if (wanted?.startsWith("claude-")) return endpointFor(config, servingClaude(endpoints, first, wanted), wanted);
  return endpointFor(config, first, wanted ?? (await modelAt(config, first, { clock, mayContact })));
}

/** Asked before a server is contacted only to find out what it serves; rejects where that is not allowed. */
export type MayContact = (label: string, selfHosted: boolean) => Promise<void>;

type Named = readonly [name: string, endpoint: EndpointConfig];

/** A gateway may serve any model under its own name; OpenAI itself serves none of Anthropic's. */
function servingClaude(endpoints: readonly Named[], first: Named, wanted: string): Named {
  const found = endpoints.find(([, { wire }]) => wire === "anthropic");
  if (found) return found;
  if (new URL(first[1].baseUrl).hostname !== "api.openai.com") return first;
  throw new UsageError(
    `${first[0]} does not serve ${wanted}`,
    "set ANTHROPIC_API_KEY, or name an endpoint: <name>/<model>",
  );
}

/** Without the parts that were left out. */
const given = ({ input, output, cacheRead, cacheWrite }: NonNullable<EndpointConfig["price"]>): ConfiguredPrices => ({
  input,
  output,
  ...(cacheRead !== undefined && { cacheRead }),
  ...(cacheWrite !== undefined && { cacheWrite }),
});

/** Seconds of the configuration as deadlines; what was left out keeps its default. */
const inMilliseconds = (timeouts: NonNullable<EndpointConfig["timeouts"]>): Partial<Deadlines> =>
  Object.fromEntries(
    Object.entries(timeouts).flatMap(([phase, seconds]) =>
      seconds === undefined ? [] : [[`${phase}Ms`, seconds * 1000]],
    ),
  );

export function endpointFor(config: Config, [name, endpoint]: Named, model: string): Endpoint {
  const { wire, key } = endpoint;
  const own = config.user.prices;
  const priceOf = (served: string) => own[`${name}/${served}`] ?? own[served] ?? endpoint.price;
  const prices = priceOf(model);
  const alsoPrices = (endpoint.alsoServes ?? []).flatMap((served) => {
    const price = priceOf(served);
    return price ? [[served, given(price)] as const] : [];
  });
  const baseUrl = withVersion(endpoint);
  const selfHosted = endpoint.selfHosted ?? isOwnNetwork(new URL(baseUrl).hostname);
  if (config.user.egress === "local-only") refuseCloud(`${name} (${baseUrl})`, selfHosted, "config.yaml");
  return {
    name,
    baseUrl,
    wire,
    model,
    key: () => resolveKey(key, config.variable),
    ...(key && { keyName: keyPlace(key) }),
    selfHosted,
    network: {
      ...(config.proxy && { proxy: config.proxy }),
      ...(config.certificates && { certificates: config.certificates }),
    },
    ...(endpoint.timeouts && { deadlines: inMilliseconds(endpoint.timeouts) }),
    ...(endpoint.streamTools !== undefined && { streamTools: endpoint.streamTools }),
    ...(endpoint.alsoServes && { alsoServes: endpoint.alsoServes }),
    ...(alsoPrices.length > 0 && { alsoPrices: Object.fromEntries(alsoPrices) }),
    ...(endpoint.serviceTier && { serviceTier: tierOf(name, endpoint) }),
    ...(endpoint.applyPatch !== undefined && { applyPatch: endpoint.applyPatch }),
    ...(prices && { prices: given(prices) }),
    ...(endpoint.hourly && { hourly: endpoint.hourly }),
  };
}

/** Anthropic's tiers are bought beforehand, and not asked for. */
function tierOf(name: string, { wire, serviceTier = "default" }: EndpointConfig): ServiceTier {
  if (wire !== "anthropic" || serviceTier === "default") return serviceTier;
  throw new UsageError(
    `endpoints.${name}.serviceTier: the wire anthropic has no tier ${serviceTier}`,
    "leave it out of config.yaml",
  );
}

async function modelAt(
  config: Config,
  named: Named,
  { clock, mayContact }: { readonly clock: Clock; readonly mayContact: MayContact },
): Promise<string> {
  const [name, { baseUrl }] = named;
  const usual = defaultModels[new URL(baseUrl).hostname];
  if (usual !== undefined) return usual;
  const endpoint = endpointFor(config, named, "?");
  await mayContact(name, endpoint.selfHosted);
  const models = await listModels(endpoint, clock);
  const [only] = models;
  if (only && models.length === 1) return only;
  throw new UsageError(
    models.length === 0 ? `${name} (${baseUrl}) names no model` : `${name} (${baseUrl}) serves ${models.length} models`,
    models.length === 0
      ? "say which: --model <name>"
      : `say which: --model <name>, one of ${models.slice(0, 8).join(", ")}`,
  );
}

/** Anthropic's own tools write addresses without the version that every other tool expects. */
const withVersion = ({ baseUrl, wire }: EndpointConfig): string =>
  wire === "anthropic" && !/\/v\d+\/*$/.test(baseUrl) ? `${baseUrl.replace(/\/+$/, "")}/v1` : baseUrl;
