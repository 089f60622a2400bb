/** What a server says about its own load. Null where it does not say. */
export interface Gauges {
  readonly kind: "vllm" | "sglang" | "llamacpp" | "tgi";
  readonly running: number;
  readonly waiting: number;
  /** Share of the key-value cache in use, 0 to 1. */
  readonly kvUsage: number | null;
  /** Requests that were thrown out of the cache to make room, since the server started. */
  readonly preemptions: number | null;
  /** Tokens the cache holds in all. */
  readonly kvTokens: number | null;
}

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples of the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/); what is no sample is passed over. */
function readSamples(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line): Sample[] => {
    const [, name, labels = "", value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    const number = value === "+Inf" ? Infinity : Number(value);
    if (name === undefined || Number.isNaN(number)) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text_ = ""]) => [key, text_]);
    return [{ name, labels: Object.fromEntries(pairs) as Record<string, string>, value: number }];
  });
}

/** What each server calls it. Counters may end in `_total`; older names come last. */
const names = {
  vllm: {
    running: ["vllm:num_requests_running"],
    waiting: ["vllm:num_requests_waiting"],
    kvUsage: ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
    preemptions: ["vllm:num_preemptions_total", "vllm:num_preemptions"],
    kvTokens: [],
  },
  sglang: {
    running: ["sglang:num_running_reqs"],
    waiting: ["sglang:num_queue_reqs"],
    kvUsage: ["sglang:token_usage"],
    preemptions: ["sglang:num_retractions_total", "sglang:num_retracted_reqs"],
    kvTokens: ["sglang:max_total_num_tokens"],
  },
  llamacpp: {
    running: ["llamacpp:requests_processing"],
    waiting: ["llamacpp:requests_deferred"],
    kvUsage: ["llamacpp:kv_cache_usage_ratio"],
    preemptions: [],
    kvTokens: [],
  },
  tgi: {
    running: ["tgi_batch_current_size"],
    waiting: ["tgi_queue_size"],
    kvUsage: [],
    preemptions: [],
    kvTokens: [],
  },
} as const satisfies Record<Gauges["kind"], Record<string, readonly string[]>>;

/**
 * The load of a server from its `/metrics`; null when no known server wrote them. Labels differ (model, engine, ranks):
 * counts are summed over them, of shares the highest counts.
 */
export function readGauges(text: string): Gauges | null {
  const samples = readSamples(text);
  const values = (wanted: readonly string[]): number[] => {
    for (const name of wanted) {
      const found = samples.filter((sample) => sample.name === name).map(({ value }) => value);
      if (found.length > 0) return found;
    }
    return [];
  };
  const sum = (wanted: readonly string[]): number | null => {
    const found = values(wanted);
    return found.length === 0 ? null : found.reduce((total, value) => total + value, 0);
  };
  for (const kind of Object.keys(names) as Gauges["kind"][]) {
    const own = names[kind];
    const running = sum(own.running);
    if (running === null) continue;
    const shares = values(own.kvUsage);
    return {
      kind,
      running,
      waiting: sum(own.waiting) ?? 0,
      kvUsage: shares.length === 0 ? null : Math.max(...shares),
      preemptions: sum(own.preemptions),
      kvTokens: kind === "vllm" ? cacheTokens(samples) : sum(own.kvTokens),
    };
  }
  return null;
}

/** vLLM tells the size of its cache in the labels of a gauge that is always 1. */
function cacheTokens(samples: readonly Sample[]): number | null {
  const infos = samples.filter(({ name }) => name === "vllm:cache_config_info");
  const tokens = infos.map(({ labels }) => Number(labels["num_gpu_blocks"]) * Number(labels["block_size"]));
  const known = tokens.filter((count) => Number.isFinite(count) && count > 0);
  return known.length === 0 ? null : known.reduce((total, count) => total + count, 0);
}
