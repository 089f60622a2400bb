import { describe, expect, test } from "vitest";
import type { Finding } from "../../../src/models/probe/finding.ts";
import { readGauges } from "../../../src/models/probe/metrics.ts";
import { temporary } from "../../repo/fixture.ts";
import { type } from "../../support/cli-desk.ts";
import { modelServer } from "./server.ts";

const list = (owner: string, window?: number) => ({
  data: [{ id: "qwen", owned_by: owner, ...(window !== undefined && { max_model_len: window }) }],
});

/** Each line of the report as "level check: text → remedy". */
async function check(
  pages: Readonly<Record<string, unknown>>,
): Promise<{ code: number; lines: string[]; asked: number }> {
  let asked = 0;
  const address = await modelServer({ pages, model: () => ((asked += 1), { text: "" }) });
  const { code, out } = await type(["models", "serve-check", address, "--json"], {
    environment: { CLAW_HOME: temporary() },
  });
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Finding & { type: string });
  expect(lines.at(-1)?.type).toBe("serve-check");
  const said = lines
    .slice(0, -1)
    .map(({ level, check: name, text, remedy }) => `${level} ${name}: ${text}${remedy ? ` → ${remedy}` : ""}`);
  return { code, lines: said, asked };
}

const vllmLoad = (more = ""): string =>
  [
    "# HELP vllm:num_requests_running Number of requests in model execution batches.",
    'vllm:num_requests_running{engine="0",model_name="qwen"} 3.0',
    'vllm:num_requests_running{engine="1",model_name="qwen"} 1.0',
    'vllm:num_requests_waiting{engine="0",model_name="qwen"} 9.0',
    'vllm:kv_cache_usage_perc{engine="0",model_name="qwen"} 0.42',
    'vllm:kv_cache_usage_perc{engine="1",model_name="qwen"} 0.93',
    'vllm:cache_config_info{block_size="16",num_gpu_blocks="3000"} 1.0',
    more,
  ].join("\n");

test("vLLM: a small window, a full cache, preemptions, each with its flag", async () => {
  const pages = {
    "/v1/models": list("vllm", 16_384),
    "/version": { version: "0.32.0" },
    "/metrics": vllmLoad('vllm:num_preemptions_total{engine="0"} 12.0'),
  };
  const { code, lines, asked } = await check(pages);
  expect(lines.slice(1)).toEqual([
    "ok server: vLLM 0.32.0",
    "problem window: 16k tokens; a fix needs 32k → start vLLM with --max-model-len 65536",
    "warning room: the cache holds 48k tokens: 1 sessions of 32k at once → more of it: --gpu-memory-utilization 0.92, or --kv-cache-dtype fp8",
    "warning load: 4 running, 9 waiting, cache 93 % full → claw sends fewer at once by itself",
    "warning preemptions: 12 requests were thrown out of the cache to make room, and computed again → lower --max-num-seqs, or give the cache more memory",
    "skipped tool parser: vLLM does not tell: it needs --enable-auto-tool-choice --tool-call-parser <name> → see whether it has them: claw models probe",
    "ok metrics: the load can be read",
  ]);
  expect({ code, asked }).toEqual({ code: 20, asked: 0 });
});

test("SGLang: no tool parser and no metrics", async () => {
  const info = {
    version: "0.5.1",
    context_length: 131_072,
    max_total_num_tokens: 400_000,
    tool_call_parser: null,
    enable_metrics: false,
    enable_cache_report: false,
  };
  const { lines } = await check({ "/v1/models": list("sglang", 131_072), "/get_server_info": info });
  expect(lines.slice(1)).toEqual([
    "ok server: SGLang 0.5.1",
    "ok window: 131k tokens",
    "ok room: the cache holds 400k tokens: 11 sessions of 32k at once",
    "problem tool parser: none is set: calls come back as text → start SGLang with --tool-call-parser <name>",
    "warning metrics: off: claw judges the load by how long replies take → start SGLang with --enable-metrics",
    "warning cache report: off: what came from the cache is not known → start SGLang with --enable-cache-report",
  ]);
});

test("llama.cpp: the context is shared by the slots, and the template knows no tools", async () => {
  const props = {
    default_generation_settings: { n_ctx: 8_192 },
    total_slots: 4,
    build_info: "b6000",
    chat_template: "{{ messages }}",
  };
  const { lines } = await check({ "/v1/models": list("llamacpp"), "/props": props });
  expect(lines.slice(1)).toEqual([
    "ok server: llama.cpp b6000",
    "problem window: 8k tokens; a fix needs 32k → start llama.cpp with -c 262144: it is shared by its 4 slots (-np 4)",
    "warning room: the cache holds 32k tokens: 0 sessions of 32k at once → more of it: a larger -c, with -ctk q8_0 -ctv q8_0 to halve what it takes",
    "warning tool parser: the chat template knows no tools → start llama.cpp with --jinja, and --chat-template-file for a template with tools",
    "warning metrics: off: claw judges the load by how long replies take → start llama.cpp with --metrics",
  ]);
});

describe("servers that load models on demand:", () => {
  test("Ollama with its small default context", async () => {
    const pages = {
      "/v1/models": list("library"),
      "/api/version": { version: "0.40.0" },
      "/api/ps": { models: [{ name: "qwen:latest", context_length: 4_096 }] },
    };
    const { lines } = await check(pages);
    expect(lines.slice(1, 3)).toEqual([
      "ok server: Ollama 0.40.0",
      "problem window: 4k tokens; a fix needs 32k → start Ollama with OLLAMA_CONTEXT_LENGTH=65536, or give the model PARAMETER num_ctx 65536 in a Modelfile",
    ]);
  });

  test("LM Studio with a model that could have more, and is not loaded", async () => {
    const studio = { data: [{ id: "qwen", state: "not-loaded", max_context_length: 40_960 }] };
    const { lines } = await check({ "/v1/models": list("organization_owner"), "/api/v0/models": studio });
    expect(lines.slice(1, 3)).toEqual([
      "ok server: LM Studio",
      "warning loaded: qwen is not in memory: the first request waits until it is → load it: lms load qwen",
    ]);
  });
});

test("TGI and a server that says nothing are told apart", async () => {
  const info = { model_id: "qwen", version: "3.3", max_total_tokens: 40_000, max_concurrent_requests: 128 };
  expect((await check({ "/v1/models": list("x"), "/info": info })).lines[1]).toMatch(
    /^warning server: TGI 3\.3; it is in maintenance mode/,
  );
  const silent = await check({ "/v1/models": list("someone") });
  expect(silent.lines.slice(1).map((line) => line.split(":")[0])).toEqual(["skipped server", "skipped window"]);
  expect(silent.code).toBe(0);
});

test("a server that is down is one line, in words for people", async () => {
  const { code, out } = await type(["models", "serve-check", "http://127.0.0.1:1/v1"], {
    environment: { CLAW_HOME: temporary() },
  });
  expect(out).toMatch(/^problem {4}reach {11}cannot reach .*\n {27}→ is a server running there\?/);
  expect(code).toBe(20);
});

describe("metrics: counts are summed over labels, of shares the highest counts", () => {
  test.each([
    ["vLLM", vllmLoad(), { kind: "vllm", running: 4, waiting: 9, kvUsage: 0.93, preemptions: null, kvTokens: 48_000 }],
    [
      "vLLM before 0.9",
      'vllm:num_requests_running 1\nvllm:gpu_cache_usage_perc 0.5\nvllm:num_preemptions_total{a="x,y\\"}"} 2e0',
      { kind: "vllm", running: 1, waiting: 0, kvUsage: 0.5, preemptions: 2, kvTokens: null },
    ],
    [
      "SGLang",
      'sglang:num_running_reqs{tp_rank="0"} 2\nsglang:num_queue_reqs 5\nsglang:token_usage 0.2\nsglang:max_total_num_tokens 1000',
      { kind: "sglang", running: 2, waiting: 5, kvUsage: 0.2, preemptions: null, kvTokens: 1000 },
    ],
    [
      "llama.cpp",
      "llamacpp:requests_processing 1\nllamacpp:requests_deferred 3",
      { kind: "llamacpp", running: 1, waiting: 3, kvUsage: null, preemptions: null, kvTokens: null },
    ],
    [
      "TGI",
      "tgi_batch_current_size 2\ntgi_queue_size 1",
      { kind: "tgi", running: 2, waiting: 1, kvUsage: null, preemptions: null, kvTokens: null },
    ],
  ])("%s", (_, text, gauges) => expect(readGauges(text)).toEqual(gauges));

  test("of another program are none", () => {
    expect(readGauges("# TYPE go_gc gauge\ngo_gc 1\nnonsense {\n")).toBeNull();
  });
});
