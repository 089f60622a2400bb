import { hash } from "node:crypto";
import { z } from "zod";
import type { Endpoint } from "../endpoint.ts";
import { look, type Seen } from "./look.ts";
import { type Gauges, readGauges } from "./metrics.ts";

/** Programs that serve models, by what they answer. */
export type ServerKind = "vllm" | "sglang" | "llamacpp" | "ollama" | "lmstudio" | "tgi" | "other";

/** What a server says about itself, without a model being asked anything. Null where it does not say. */
export interface ServerFacts {
  readonly kind: ServerKind;
  readonly version: string | null;
  /** Tokens that one request of the model may have, prompt and reply together. */
  readonly window: number | null;
  /** What the model could have, were the server started so. */
  readonly largestWindow: number | null;
  /** Requests worked on at once. */
  readonly slots: number | null;
  /** Tokens the key-value cache holds, over all requests. */
  readonly kvTokens: number | null;
  readonly gauges: Gauges | null;
  /** There is a /metrics, and it is turned off. */
  readonly metricsOff: boolean;
  /** Ollama, LM Studio: is the model in memory at all? */
  readonly loaded: boolean | null;
  /** Its chat templates, where it shows them. */
  readonly templates: string | null;
  /** Settings the server lists, as far as the advice needs them. */
  readonly settings: Readonly<Record<string, string | number | boolean | null>>;
}

/** One entry of `GET /models`. */
export interface ListedModel {
  readonly id: string;
  readonly owner: string | null;
  readonly window: number | null;
}

const ModelList = z.object({
  data: z.array(
    z.object({
      id: z.string().max(500),
      owned_by: z.string().nullish().catch(null),
      max_model_len: z.number().nullish().catch(null),
    }),
  ),
});

/** The models of an answer to `GET /models`; null when it is no list of models. */
export function readModelList(json: unknown): readonly ListedModel[] | null {
  const list = ModelList.safeParse(json);
  if (!list.success) return null;
  return list.data.data.map(({ id, owned_by: owner, max_model_len: window }) => ({
    id,
    owner: owner ?? null,
    window: window ?? null,
  }));
}

const count = z.number().positive().nullish().catch(null);
const text = z.string().nullish().catch(null);
const setting = z
  .union([z.string().max(200), z.number(), z.boolean()])
  .nullable()
  .catch(null);

const Pages = {
  version: z.object({ version: z.string().max(100) }),
  sglang: z
    .object({
      version: text,
      context_length: count,
      max_total_num_tokens: count,
      max_running_requests: count,
      tool_call_parser: setting.optional(),
      reasoning_parser: setting.optional(),
      enable_metrics: setting.optional(),
      enable_cache_report: setting.optional(),
    })
    .refine((info) => info.max_total_num_tokens != null || info.context_length !== undefined),
  llamacpp: z.object({
    default_generation_settings: z.object({ n_ctx: count }),
    total_slots: count,
    build_info: text,
    chat_template: z.string().nullish().catch(null),
    chat_template_tool_use: z.string().nullish().catch(null),
  }),
  ollama: z.object({
    models: z.array(z.object({ name: z.string(), model: text, context_length: count })),
  }),
  lmstudio: z.object({
    data: z.array(
      z.object({
        id: z.string(),
        state: text,
        max_context_length: z.number(),
        loaded_context_length: count,
      }),
    ),
  }),
  tgi: z.object({
    model_id: z.string(),
    version: text,
    max_total_tokens: count,
    max_input_tokens: count,
    max_concurrent_requests: count,
  }),
} as const;

/** How long a server may take to answer about itself, in milliseconds. */
const PATIENCE_MS = 3_000;

/** The pages by which servers of each kind are known. */
const paths = {
  version: "/version",
  sglang: "/get_server_info",
  llamacpp: "/props",
  ollamaVersion: "/api/version",
  ollama: "/api/ps",
  lmstudio: "/api/v0/models",
  tgi: "/info",
  metrics: "/metrics",
} as const;
type ServerPages = Readonly<Record<keyof typeof paths, Seen | null>>;

/** Asks a server for its own pages, all at once; what it does not have is left out. Throws only when the signal aborts. */
export async function serverFacts(
  endpoint: Endpoint,
  listed: readonly ListedModel[],
  signal: AbortSignal,
): Promise<ServerFacts> {
  const page = async ([name, path]: [string, string]): Promise<[string, Seen | null]> => {
    const seen = await look(endpoint, { path, root: true, limitMs: PATIENCE_MS, signal }).catch(() => null);
    return [name, seen && (seen.status === 200 || seen.status === 501) ? seen : null];
  };
  const pages = Object.fromEntries(await Promise.all(Object.entries(paths).map(page))) as ServerPages;
  signal.throwIfAborted();
  const gauges = pages.metrics?.status === 200 ? readGauges(pages.metrics.text) : null;
  const own = listed.find(({ id }) => id === endpoint.model) ?? listed[0];
  const version = read(Pages.version, pages.version)?.version ?? null;
  const common = {
    ...nothingKnown,
    gauges,
    kvTokens: gauges?.kvTokens ?? null,
    metricsOff: pages.metrics?.status === 501,
    window: own?.window ?? null,
    version,
  };
  const found =
    sglangFacts(pages, gauges, own) ?? llamaFacts(pages) ?? localAppFacts(pages, endpoint.model) ?? tgiFacts(pages);
  if (found) return { ...common, ...found };
  return { ...common, kind: own?.owner === "vllm" || gauges?.kind === "vllm" ? "vllm" : "other" };
}

/** SHA-256 of a server's chat templates; null where it does not show them. */
export const templateHash = ({ templates }: Pick<ServerFacts, "templates">): string | null =>
  templates === null ? null : hash("sha256", templates);

/** A server that says nothing, or is not asked. */
export const nothingKnown: ServerFacts = {
  kind: "other",
  version: null,
  window: null,
  largestWindow: null,
  slots: null,
  kvTokens: null,
  gauges: null,
  metricsOff: false,
  loaded: null,
  templates: null,
  settings: {},
};

const read = <Schema extends z.ZodType>(schema: Schema, seen: Seen | null | undefined): z.infer<Schema> | null =>
  seen?.status === 200 ? (schema.safeParse(seen.json).data ?? null) : null;

type Found = Partial<ServerFacts> & Pick<ServerFacts, "kind">;

function sglangFacts({ sglang }: ServerPages, gauges: Gauges | null, own: ListedModel | undefined): Found | null {
  const info = read(Pages.sglang, sglang);
  if (!info) return own?.owner === "sglang" || gauges?.kind === "sglang" ? { kind: "sglang" } : null;
  const { tool_call_parser = null, enable_metrics = null, enable_cache_report = null } = info;
  return {
    kind: "sglang",
    version: info.version ?? null,
    window: info.context_length ?? own?.window ?? null,
    slots: info.max_running_requests ?? null,
    ...(info.max_total_num_tokens != null && { kvTokens: info.max_total_num_tokens }),
    settings: { tool_call_parser, enable_metrics, enable_cache_report },
  };
}

/** `n_ctx` is what one slot has; the cache is shared by all. */
function llamaFacts({ llamacpp }: ServerPages): Found | null {
  const props = read(Pages.llamacpp, llamacpp);
  if (!props) return null;
  const window = props.default_generation_settings.n_ctx ?? null;
  const slots = props.total_slots ?? null;
  const template = `${props.chat_template ?? ""}${props.chat_template_tool_use ?? ""}`;
  return {
    kind: "llamacpp",
    version: props.build_info ?? null,
    window,
    slots,
    kvTokens: window !== null && slots !== null ? window * slots : null,
    templates: template === "" ? null : template,
    settings: template === "" ? {} : { templateKnowsTools: /\btools?\b/.test(template) },
  };
}

/** The two that load models on demand: what counts is how the model was loaded. */
function localAppFacts({ ollama, ollamaVersion, lmstudio }: ServerPages, model: string): Found | null {
  const running = read(Pages.ollama, ollama);
  if (running) {
    const own = running.models.find(({ name }) => name === model || name === `${model}:latest`);
    const version = read(Pages.version, ollamaVersion)?.version ?? null;
    return { kind: "ollama", version, window: own?.context_length ?? null, loaded: own !== undefined };
  }
  const own = read(Pages.lmstudio, lmstudio)?.data.find(({ id }) => id === model);
  if (!own) return null;
  return {
    kind: "lmstudio",
    version: null,
    window: own.loaded_context_length ?? null,
    largestWindow: own.max_context_length,
    loaded: own.state === "loaded",
  };
}

function tgiFacts({ tgi }: ServerPages): Found | null {
  const info = read(Pages.tgi, tgi);
  if (!info) return null;
  return {
    kind: "tgi",
    version: info.version ?? null,
    window: info.max_total_tokens ?? info.max_input_tokens ?? null,
    slots: info.max_concurrent_requests ?? null,
  };
}
