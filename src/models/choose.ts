import type { Clock } from "../clock.ts";
import type { Config, EndpointConfig } from "../config.ts";
import { UsageError } from "../errors.ts";
import { nearest } from "../text.ts";
import type { Endpoint, ModelChoice } from "./endpoint.ts";
import { resolveKey } from "./key.ts";
import { listModels } from "./list-models.ts";

/** Asked at api.openai.com when nothing else is said. */
const DEFAULT_OPENAI_MODEL = "gpt-5.6-terra";

/**
 * Who shall answer, from what the user wrote: `scripted:<file>`, `<endpoint>/<model>`, or a model of the first endpoint.
 * Without any name: the configured default; at OpenAI a default model; at another server its only model.
 */
export async function chooseModel(config: Config, flag: string | undefined, clock: Clock): Promise<ModelChoice> {
  const wanted = flag ?? config.model ?? config.user.model;
  if (wanted?.startsWith("scripted:")) return { wire: "scripted", file: wanted.slice("scripted:".length) };
  const endpoints = Object.entries(config.user.endpoints);
  const [first] = endpoints;
  if (!first) {
    throw new UsageError(
      "no model is configured",
      "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, or name endpoints in config.yaml",
    );
  }
  const slash = wanted?.indexOf("/") ?? -1;
  const prefix = wanted?.slice(0, Math.max(0, slash)) ?? "";
  const named = endpoints.find(([name]) => name === prefix);
  if (named && wanted) return endpointFor(config, named, wanted.slice(slash + 1));
  if (wanted !== undefined && endpoints.length > 1 && slash > 0) {
    const meant = nearest(
      prefix,
      endpoints.map(([name]) => name),
    );
    if (meant)
      throw new UsageError(`no endpoint is called "${prefix}"`, `did you mean "${meant}${wanted.slice(slash)}"?`);
  }
  return endpointFor(config, first, wanted ?? (await modelAt(config, first, clock)));
}

type Named = readonly [name: string, endpoint: EndpointConfig];

function endpointFor(config: Config, [name, endpoint]: Named, model: string): Endpoint {
  const { baseUrl, wire, key, price } = endpoint;
  return {
    name,
    baseUrl,
    wire,
    model,
    key: () => resolveKey(key, config.variable),
    ...(key && { keyName: "env" in key ? key.env : "file" in key ? key.file : (key.command[0] ?? "the key command") }),
    selfHosted: endpoint.selfHosted ?? isLocal(new URL(baseUrl).hostname),
    ...(price && {
      prices: {
        input: price.input,
        output: price.output,
        ...(price.cacheRead !== undefined && { cacheRead: price.cacheRead }),
      },
    }),
  };
}

async function modelAt(config: Config, named: Named, clock: Clock): Promise<string> {
  const [name, { baseUrl }] = named;
  if (new URL(baseUrl).hostname === "api.openai.com") return DEFAULT_OPENAI_MODEL;
  const models = await listModels(endpointFor(config, named, "?"), clock);
  const [only] = models;
  if (only && models.length === 1) return only;
  throw new UsageError(
    models.length === 0 ? `${name} (${baseUrl}) names no model` : `${name} (${baseUrl}) serves ${models.length} models`,
    models.length === 0
      ? "say which: --model <name>"
      : `say which: --model <name>, one of ${models.slice(0, 8).join(", ")}`,
  );
}

/** Loopback, private and link-local addresses, and names without a public domain. */
function isLocal(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  return (
    !/[.:]/.test(name) ||
    /\.(?:local|lan|internal|home|localhost)$/.test(name) ||
    /^(?:127\.|10\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(name) ||
    /^(?:::1$|f[cd]|fe80:)/i.test(name)
  );
}
