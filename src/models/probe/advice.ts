import type { Endpoint } from "../endpoint.ts";
import type { ServerFacts, ServerKind } from "./facts.ts";
import { type Finding, inThousands, LEAST_WINDOW, ok, problem, skipped, warning } from "./finding.ts";

/** What people call each server. */
const serverNames: Readonly<Record<ServerKind, string>> = {
  vllm: "vLLM",
  sglang: "SGLang",
  llamacpp: "llama.cpp",
  ollama: "Ollama",
  lmstudio: "LM Studio",
  tgi: "TGI",
  other: "an unknown server",
};

/** How a server is started so that a session has room. */
export function windowFlag(kind: ServerKind, model: string, slots: number | null, tokens = 65_536): string {
  switch (kind) {
    case "vllm":
      return `start vLLM with --max-model-len ${tokens}`;
    case "sglang":
      return `start SGLang with --context-length ${tokens}`;
    case "llamacpp":
      return slots !== null && slots > 1
        ? `start llama.cpp with -c ${tokens * slots}: it is shared by its ${slots} slots (-np ${slots})`
        : `start llama.cpp with -c ${tokens}`;
    case "ollama":
      return `start Ollama with OLLAMA_CONTEXT_LENGTH=${tokens}, or give the model PARAMETER num_ctx ${tokens} in a Modelfile`;
    case "lmstudio":
      return `load it again: lms load ${model} --context-length ${tokens}`;
    case "tgi":
      return `start TGI with --max-total-tokens ${tokens} --max-input-tokens ${tokens - 8_192}`;
    case "other":
      return `start the server with a context of ${tokens} tokens; its documentation names the setting`;
  }
}

/** What a server's own account of itself means for claw, as lines with what to change. Pure. */
export function adviceFor(facts: ServerFacts, endpoint: Pick<Endpoint, "model">): readonly Finding[] {
  return [
    server(facts),
    ...memory(facts, endpoint),
    window(facts, endpoint),
    ...room(facts),
    ...load(facts),
    ...tools(facts),
    ...counters(facts),
  ];
}

function server({ kind, version }: ServerFacts): Finding {
  const name = version === null ? serverNames[kind] : `${serverNames[kind]} ${version}`;
  if (kind === "tgi")
    return warning("server", `${name}; it is in maintenance mode`, "vLLM, SGLang or llama.cpp serve tool calls better");
  return kind === "other"
    ? skipped("server", "it does not say what it is; only what every server has can be checked")
    : ok("server", name);
}

function memory({ kind, loaded }: ServerFacts, { model }: Pick<Endpoint, "model">): readonly Finding[] {
  if (loaded !== false) return [];
  const command = kind === "ollama" ? `ollama run ${model} ""` : `lms load ${model}`;
  return [warning("loaded", `${model} is not in memory: the first request waits until it is`, `load it: ${command}`)];
}

/** The window is the one thing a fix cannot do without. */
function window(
  { kind, window: tokens, largestWindow, slots }: ServerFacts,
  { model }: Pick<Endpoint, "model">,
): Finding {
  if (tokens === null)
    return skipped("window", "the server does not tell its context length", "measure it: claw models probe");
  if (tokens >= LEAST_WINDOW) return ok("window", `${inThousands(tokens)} tokens`);
  const text = `${inThousands(tokens)} tokens; a fix needs ${inThousands(LEAST_WINDOW)}`;
  const most = largestWindow === null ? 65_536 : Math.min(65_536, largestWindow);
  return problem("window", text, windowFlag(kind, model, slots, most));
}

/** How many sessions of a common size fit into the cache at once. */
function room({ kvTokens, slots, kind }: ServerFacts): readonly Finding[] {
  if (kvTokens === null) return [];
  const sessions = Math.floor((0.9 * kvTokens) / LEAST_WINDOW);
  const text = `the cache holds ${inThousands(kvTokens)} tokens: ${sessions} sessions of ${inThousands(LEAST_WINDOW)} at once`;
  if (sessions >= 2 || slots === 1) return [ok("room", text)];
  const remedy = {
    vllm: "more of it: --gpu-memory-utilization 0.92, or --kv-cache-dtype fp8",
    sglang: "more of it: --mem-fraction-static 0.88, or --kv-cache-dtype fp8_e5m2",
    llamacpp: "more of it: a larger -c, with -ctk q8_0 -ctv q8_0 to halve what it takes",
  };
  return [warning("room", text, kind in remedy ? remedy[kind as keyof typeof remedy] : null)];
}

function load({ gauges, slots }: ServerFacts): readonly Finding[] {
  if (!gauges) return [];
  const { running, waiting, kvUsage, preemptions, kind } = gauges;
  const share = kvUsage === null ? "" : `, cache ${Math.round(kvUsage * 100)} % full`;
  const text = `${running} running, ${waiting} waiting${share}`;
  const busy = waiting > Math.max(2, 0.25 * running) || (kvUsage ?? 0) >= 0.9;
  const found = [
    busy
      ? warning(
          "load",
          text,
          `claw sends fewer at once by itself${slots === null ? "" : `; the server works on ${slots}`}`,
        )
      : ok("load", text),
  ];
  if (preemptions !== null && preemptions > 0) {
    const flag = kind === "sglang" ? "--max-running-requests" : "--max-num-seqs";
    found.push(
      warning(
        "preemptions",
        `${preemptions} requests were thrown out of the cache to make room, and computed again`,
        `lower ${flag}, or give the cache more memory`,
      ),
    );
  }
  return found;
}

function tools({ kind, settings }: ServerFacts): readonly Finding[] {
  if (kind === "sglang" && "tool_call_parser" in settings) {
    const parser = settings["tool_call_parser"];
    return parser === null || parser === ""
      ? [problem("tool parser", "none is set: calls come back as text", "start SGLang with --tool-call-parser <name>")]
      : [ok("tool parser", String(parser))];
  }
  if (kind === "llamacpp" && settings["templateKnowsTools"] === false)
    return [
      warning(
        "tool parser",
        "the chat template knows no tools",
        "start llama.cpp with --jinja, and --chat-template-file for a template with tools",
      ),
    ];
  if (kind === "vllm")
    return [
      skipped(
        "tool parser",
        "vLLM does not tell: it needs --enable-auto-tool-choice --tool-call-parser <name>",
        "see whether it has them: claw models probe",
      ),
    ];
  return [];
}

/** Settings that cost nothing and tell more. */
function counters({ kind, gauges, metricsOff, settings }: ServerFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (!gauges && (kind === "llamacpp" || kind === "sglang" || metricsOff)) {
    const flag = kind === "sglang" ? "--enable-metrics" : "--metrics";
    found.push(
      warning(
        "metrics",
        "off: claw judges the load by how long replies take",
        `start ${serverNames[kind]} with ${flag}`,
      ),
    );
  } else if (!gauges && kind === "vllm") {
    found.push(
      warning("metrics", "/metrics cannot be read", "remove --disable-log-stats, and let claw reach /metrics"),
    );
  } else if (gauges) found.push(ok("metrics", "the load can be read"));
  if (kind === "sglang" && settings["enable_cache_report"] === false)
    found.push(
      warning("cache report", "off: what came from the cache is not known", "start SGLang with --enable-cache-report"),
    );
  return found;
}
